//! The demo programs: a small shop and the cache it uses, real processes for the example `examples/shop`.
//!
//! They use `std` alone, so that they start within milliseconds.

use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

mod cache;
mod http;
mod remote;
mod resp;
mod shop;

const CACHE_USAGE: &str = "usage: rescc demo cache [--listen ADDR]";
const SHOP_USAGE: &str =
    "usage: rescc demo shop [--listen ADDR] [--cache ADDR] [--cache-timeout MS] [--workers N] [--strict]";

/// Runs the demo program `program`, `cache` or `shop`, with the `args` after its name until it is stopped.
/// The error is a message for the user: a wrong argument, or an address that cannot be listened on.
pub(crate) fn run(program: &str, args: impl Iterator<Item = String>) -> Result<(), String> {
    match program {
        "cache" => run_cache(args),
        "shop" => run_shop(args),
        other => Err(format!("unknown demo program `{other}`: it is `cache` or `shop`")),
    }
}

fn run_cache(args: impl Iterator<Item = String>) -> Result<(), String> {
    let mut listen = "127.0.0.1:6379".to_owned();
    let wanted = each_option(args, CACHE_USAGE, &["--listen"], |_, value| {
        listen = value;
        Ok(())
    })?;
    if !wanted {
        return Ok(());
    }
    let server = cache::Server::bind(&listen).map_err(|error| cannot_listen(&listen, &error))?;
    announce("cache", server.local_addr());
    server
        .serve()
        .map_err(|error| format!("the cache cannot accept connections: {error}"))
}

fn run_shop(args: impl Iterator<Item = String>) -> Result<(), String> {
    let Some((listen, config)) = shop_options(args)? else {
        return Ok(());
    };
    let server = shop::Server::bind(&listen, config).map_err(|error| cannot_listen(&listen, &error))?;
    announce("shop", server.local_addr());
    server
        .serve()
        .map_err(|error| format!("the shop cannot accept connections: {error}"))
}

fn shop_options(args: impl Iterator<Item = String>) -> Result<Option<(String, shop::Config)>, String> {
    let mut listen = "127.0.0.1:8080".to_owned();
    let mut config = shop::Config::new(SocketAddr::from(([127, 0, 0, 1], 6379)));
    let names = ["--listen", "--cache", "--cache-timeout", "--workers", "--strict"];
    let wanted = each_option(args, SHOP_USAGE, &names, |name, value| {
        match name {
            "--cache" => config.cache = resolve(&value)?,
            "--cache-timeout" => {
                config.cache_timeout = Duration::from_millis(number(name, &value, "ms", 10_000)?.into());
            }
            "--workers" => config.workers = number(name, &value, "", 256)?.into(),
            "--strict" => config.strict = true,
            _ => listen = value,
        }
        Ok(())
    })?;
    Ok(wanted.then_some((listen, config)))
}

/// Hands every option to `accept`, `--strict` with an empty value. `false` means that help was printed.
fn each_option(
    mut args: impl Iterator<Item = String>,
    usage: &str,
    names: &[&str],
    mut accept: impl FnMut(&str, String) -> Result<(), String>,
) -> Result<bool, String> {
    while let Some(arg) = args.next() {
        if arg == "--help" || arg == "-h" {
            // A reader that went away needs no help.
            let _ = writeln!(io::stdout(), "{usage}");
            return Ok(false);
        }
        let (name, inline) = arg
            .split_once('=')
            .map_or((arg.as_str(), None), |(name, value)| (name, Some(value)));
        if !names.contains(&name) {
            return Err(format!("unknown argument `{arg}`\n{usage}"));
        }
        let value = match inline {
            Some(_) if name == "--strict" => return Err(format!("`--strict` takes no value\n{usage}")),
            None if name == "--strict" => Some(String::new()),
            Some(value) => Some(value.to_owned()),
            None => args.next(),
        };
        accept(
            name,
            value.ok_or_else(|| format!("`{name}` needs a value\n{usage}"))?,
        )?;
    }
    Ok(true)
}

fn number(name: &str, value: &str, unit: &str, max: u16) -> Result<u16, String> {
    let parsed = value.strip_suffix(unit).unwrap_or(value).parse().ok();
    parsed
        .filter(|parsed| (1..=max).contains(parsed))
        .ok_or_else(|| format!("`{name}` is a number from 1{unit} to {max}{unit}, not `{value}`"))
}

fn resolve(address: &str) -> Result<SocketAddr, String> {
    let found = address
        .to_socket_addrs()
        .map_err(|error| format!("`{address}` is no HOST:PORT: {error}"))?;
    let all: Vec<SocketAddr> = found.collect();
    // `localhost` is often `::1` first, where the demo cache does not listen by default.
    let chosen = all.iter().find(|candidate| candidate.is_ipv4()).or(all.first());
    chosen
        .copied()
        .ok_or_else(|| format!("`{address}` has no address"))
}

fn cannot_listen(address: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("cannot listen on `{address}`: this port is in use; stop its owner or change `--listen`")
        }
        io::ErrorKind::InvalidInput => {
            format!("cannot listen on `{address}`: it is no HOST:PORT, such as `127.0.0.1:0`")
        }
        _ => format!("cannot listen on `{address}`: {error}"),
    }
}

fn announce(program: &str, address: SocketAddr) {
    // Not `eprintln!`: it panics when nobody reads the output, and the service is worth more than its log.
    let _ = writeln!(io::stderr(), "{program} listening on {address}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> std::vec::IntoIter<String> {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .into_iter()
    }

    #[test]
    fn options_of_the_shop() {
        let line = "--listen 127.0.0.1:0 --cache=127.0.0.1:7 --cache-timeout 70ms --workers 3 --strict";
        let (listen, config) = shop_options(words(line)).unwrap().unwrap();
        assert_eq!(listen, "127.0.0.1:0");
        assert_eq!(config.cache, SocketAddr::from(([127, 0, 0, 1], 7)));
        assert_eq!(
            (config.cache_timeout, config.workers),
            (Duration::from_millis(70), 3)
        );
        assert!(config.strict);
        assert!(!shop_options(words("")).unwrap().unwrap().1.strict);
    }

    #[test]
    fn wrong_arguments_are_named() {
        for (line, part) in [
            ("--listne x", "unknown argument `--listne`"),
            ("--listen", "`--listen` needs a value"),
            ("--strict=yes", "`--strict` takes no value"),
            ("--cache-timeout 0ms", "from 1ms to 10000ms, not `0ms`"),
            ("--cache nowhere", "`nowhere` is no HOST:PORT"),
        ] {
            let message = shop_options(words(line)).err().unwrap();
            assert!(message.contains(part), "{line}: {message}");
        }
        assert!(
            run("bank", words(""))
                .unwrap_err()
                .contains("unknown demo program `bank`")
        );
    }

    #[test]
    fn a_port_in_use_is_a_clear_message() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let line = format!("--listen {}", taken.local_addr().unwrap());
        for program in ["cache", "shop"] {
            assert!(
                run(program, words(&line))
                    .unwrap_err()
                    .contains("this port is in use")
            );
        }
        assert!(
            run("cache", words("--listen nowhere"))
                .unwrap_err()
                .contains("it is no HOST:PORT")
        );
    }
}
