//! The rescc checker: names, types, units, graphs and limits, lowered to a program.
