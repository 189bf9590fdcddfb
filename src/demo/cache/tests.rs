use super::*;

fn ask(store: &mut Store, line: &str) -> Reply {
    store.execute(
        &line
            .split(' ')
            .map(|word| word.as_bytes().to_vec())
            .collect::<Vec<_>>(),
    )
}

fn bulk(text: &str) -> Reply {
    Reply::Bulk(Some(text.into()))
}

#[test]
fn commands() {
    let mut store = Store::default();
    for (line, reply) in [
        ("ping", Reply::Simple("PONG")),
        ("PING hello", bulk("hello")),
        ("GET a", Reply::Bulk(None)),
        ("set a 41", Reply::Simple("OK")),
        ("INCR a", Reply::Integer(42)),
        ("INCR b", Reply::Integer(1)),
        ("GET a", bulk("42")),
        ("DBSIZE", Reply::Integer(2)),
        ("DEL a b c", Reply::Integer(2)),
        ("DBSIZE", Reply::Integer(0)),
        ("SET n 9223372036854775807", Reply::Simple("OK")),
        ("INCR n", error("value is not an integer or out of range")),
        ("GET", error("wrong number of arguments for 'get' command")),
        ("SET a b NX", error("syntax error")),
        ("SET a b EX 0", error("invalid expire time in 'set' command")),
        ("FLY\r\n+OK", error("unknown command 'FLY+OK'")),
    ] {
        assert_eq!(ask(&mut store, line), reply, "{line}");
    }
}

#[test]
fn entries_expire() {
    let mut store = Store::default();
    assert_eq!(ask(&mut store, "SET a 1 EX 2"), Reply::Simple("OK"));
    store.now += 2 * TICKS_PER_SECOND;
    assert_eq!(ask(&mut store, "GET a"), bulk("1"));
    store.now += 1;
    assert_eq!(ask(&mut store, "GET a"), Reply::Bulk(None));
    assert_eq!(ask(&mut store, "DEL a"), Reply::Integer(0));
}

#[test]
fn the_oldest_makes_room_and_what_is_too_long_is_refused() {
    let mut store = Store::default();
    for key in 0..MAX_KEYS {
        ask(&mut store, &format!("SET k{key} v"));
    }
    ask(&mut store, "SET k0 again");
    ask(&mut store, "SET more v");
    assert_eq!(
        ask(&mut store, "DBSIZE"),
        Reply::Integer(i64::try_from(MAX_KEYS).unwrap())
    );
    assert_eq!(ask(&mut store, "GET k0"), bulk("again"));
    assert_eq!(ask(&mut store, "GET k1"), Reply::Bulk(None));
    assert!(matches!(
        ask(&mut store, &format!("SET a {}", "v".repeat(MAX_VALUE + 1))),
        Reply::Error(_)
    ));
    assert!(matches!(
        ask(&mut store, &format!("INCR {}", "k".repeat(MAX_KEY + 1))),
        Reply::Error(_)
    ));
}

#[test]
fn a_pipeline_over_a_socket_and_a_shutdown() {
    let server = Server::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr();
    let serving = thread::spawn(|| server.serve());
    let mut text = String::new();
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"SET a 1 EX 60\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n\r\nQUIT\r\n")
        .unwrap();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text, "+OK\r\n$1\r\n1\r\n+OK\r\n");

    let mut wrong = TcpStream::connect(address).unwrap();
    wrong.write_all(b"*x\r\n").unwrap();
    text.clear();
    wrong.read_to_string(&mut text).unwrap();
    assert_eq!(text, "-ERR Protocol error: invalid multibulk length\r\n");

    TcpStream::connect(address)
        .unwrap()
        .write_all(b"SHUTDOWN\r\n")
        .unwrap();
    serving.join().unwrap().unwrap();
    assert!(TcpStream::connect(address).is_err());
}
