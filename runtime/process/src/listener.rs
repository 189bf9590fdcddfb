//! Who listens on a port: proc_pid_net(5) and proc_pid_fd(5).

use std::fs;
use std::io;

use crate::stat::Table;

/// A process that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: i32,
    /// Its command line, or its name where that can't be read.
    pub command: String,
}

/// Which process listens on a TCP port of this machine; `None` where none does, or where it belongs to another user and
/// can't be told. Only for messages: it may change at any moment.
///
/// # Errors
/// `/proc` can't be read.
pub fn listener(port: u16) -> io::Result<Option<Holder>> {
    let mut inodes = Vec::new();
    for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
        // A kernel without IPv6 has no second one.
        inodes.extend(
            fs::read_to_string(file)
                .unwrap_or_default()
                .lines()
                .filter_map(|line| listening(line, port)),
        );
    }
    if inodes.is_empty() {
        return Ok(None);
    }
    let sockets: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let holder = Table::read()?.rows.into_keys().find(|&pid| holds(pid, &sockets));
    Ok(holder.map(|pid| Holder {
        pid,
        command: command(pid),
    }))
}

/// The inode of a line's socket, where it listens on the port.
fn listening(line: &str, port: u16) -> Option<u64> {
    const LISTEN: &str = "0A";
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let local = fields.get(1)?.rsplit_once(':')?.1;
    (u16::from_str_radix(local, 16).ok()? == port && *fields.get(3)? == LISTEN).then_some(())?;
    fields.get(9)?.parse().ok()
}

fn holds(pid: i32, sockets: &[String]) -> bool {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let link = fs::read_link(entry.path());
        link.is_ok_and(|link| sockets.iter().any(|socket| link.as_os_str() == socket.as_str()))
    })
}

fn command(pid: i32) -> String {
    const LONGEST: usize = 120;
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let text = String::from_utf8_lossy(&line).replace('\0', " ");
    let text = match text.trim() {
        "" => fs::read_to_string(format!("/proc/{pid}/comm"))
            .unwrap_or_default()
            .trim()
            .to_owned(),
        text => text.to_owned(),
    };
    text.chars()
        .take(LONGEST)
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_proc_net_tcp_writes_it() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31337 1 0";
        assert_eq!(listening(line, 8080), Some(31337));
        assert_eq!(listening(line, 8081), None);
        assert_eq!(listening(&line.replace(" 0A ", " 01 "), 8080), None);
        assert_eq!(listening("  sl  local_address rem_address   st", 8080), None);
    }

    #[test]
    fn a_listener_of_this_process_is_found() {
        let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let holder = listener(socket.local_addr().unwrap().port()).unwrap().unwrap();
        assert_eq!(holder.pid, i32::try_from(std::process::id()).unwrap());
        assert!(!holder.command.is_empty());
    }
}
