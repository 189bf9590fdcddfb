//! The program that the tests start: this test executable, told by `${rescc}`, running the one test below.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

/// How to run it.
pub(crate) const COMMAND: [&str; 5] = [
    "${rescc}",
    "helper::program",
    "--exact",
    "--ignored",
    "--nocapture",
];
/// The variable that says what it does.
pub(crate) const MODE: &str = "HELPER_MODE";

#[test]
#[ignore = "not a test: the program that tests start"]
fn program() {
    match std::env::var(MODE).as_deref() {
        Ok("serve") => serve("PORT_HTTP"),
        Ok("declared") => serve("DECLARED"),
        Ok("silent") => {
            println!("i open no port");
            loop {
                std::thread::park();
            }
        }
        Ok("exit") => {
            eprintln!("first line\nsecond line: no configuration");
            std::process::exit(3);
        }
        _ => {}
    }
}

fn serve(variable: &str) {
    let port: u16 = std::env::var(variable).unwrap().parse().unwrap();
    let socket = match TcpListener::bind(("127.0.0.1", port)) {
        Ok(socket) => socket,
        Err(error) => {
            eprintln!("port {port}: {error}");
            std::process::exit(1);
        }
    };
    println!("listens");
    for stream in socket.incoming() {
        // A client that goes away early is no reason to end.
        let _ = answer(stream.unwrap());
    }
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 && line != "\r\n" {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    if let Some(code) = path.strip_prefix("/exit/") {
        std::process::exit(code.parse().unwrap());
    }
    let (status, body) = match path {
        "/health" => ("200 OK", "well".to_owned()),
        "/name" => ("200 OK", std::env::var("RESCC_INSTANCE").unwrap()),
        "/greeting" => ("200 OK", std::env::var("GREETING").unwrap_or_default()),
        _ => ("404 Not Found", String::new()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
