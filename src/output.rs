//! What goes to the terminal, a pipe or a file. A closed standard output ends nothing: the run goes on, and its
//! exit code says what came of it.

use std::io::{IsTerminal, Write};

use rescc_report::Style;

use crate::exit::Trouble;

/// Where text goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Writes text; a stream that is closed or broken is passed over.
pub(crate) fn write(stream: Stream, text: &str) {
    let result = match stream {
        Stream::Out => {
            let mut out = std::io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        }
        Stream::Err => std::io::stderr().lock().write_all(text.as_bytes()),
    };
    drop(result);
}

/// How a stream wants its text.
pub(crate) fn style(stream: Stream) -> Style {
    let terminal = is_terminal(stream);
    Style {
        color: terminal && allows_color(),
        unicode: speaks_unicode(),
        width: width(stream),
    }
}

/// Whether a person looks at it.
pub(crate) fn is_terminal(stream: Stream) -> bool {
    match stream {
        Stream::Out => std::io::stdout().is_terminal(),
        Stream::Err => std::io::stderr().is_terminal(),
    }
}

fn allows_color() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var("TERM").as_deref() != Ok("dumb")
}

/// As the locale says; a system that says nothing gets Unicode, as all of today's do.
fn speaks_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|it| !it.is_empty()));
    locale.is_none_or(|locale| {
        let locale = locale.to_uppercase();
        locale.contains("UTF-8") || locale.contains("UTF8") || locale == "C" || locale == "POSIX"
    })
}

fn width(stream: Stream) -> u16 {
    let size = match stream {
        Stream::Out => rustix::termios::tcgetwinsize(std::io::stdout()),
        Stream::Err => rustix::termios::tcgetwinsize(std::io::stderr()),
    };
    match size {
        Ok(size) if size.ws_col >= 40 => size.ws_col.min(200),
        _ => 100,
    }
}

/// Says why a command can't do its work.
pub(crate) fn error(trouble: &Trouble) {
    let style = style(Stream::Err);
    let (red, bold, off) = if style.color {
        ("\x1b[31;1m", "\x1b[1m", "\x1b[0m")
    } else {
        ("", "", "")
    };
    let mut text = format!("{red}error{off}{bold}: {}{off}\n", trouble.message);
    for help in &trouble.help {
        text.push_str(&format!("  help: {help}\n"));
    }
    write(Stream::Err, &text);
}
