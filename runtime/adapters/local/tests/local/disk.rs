//! Room on file systems.

use std::path::PathBuf;
use std::process::Command;

use rescc_core::environment::FillAmount;
use rescc_core::error::ErrorClass;
use rescc_core::names::InjectionId;
use rustix::fs::statvfs;

use crate::support::{Binding, World, bounded};

const MIB: u64 = 1 << 20;

fn id(name: &str) -> InjectionId {
    InjectionId::new(name, "x-1", 0)
}

#[tokio::test]
async fn room_is_taken_and_given_back() {
    let world = World::up(&[("x", Binding::new(&["sleep", "1000"]))]).await;
    let disk = world.environment.disk().unwrap();
    let data = world.folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let available = || {
        let stat = statvfs(&data).unwrap();
        stat.f_bavail * stat.f_frsize
    };
    let before = available();
    let wanted = 512 * MIB;
    bounded(disk.fill("x-1", "data", &id("fill"), FillAmount::Bytes(wanted)))
        .await
        .unwrap();
    let held = disk.held(&id("fill")).await.unwrap().unwrap();
    assert_eq!(held.bytes, wanted);
    // Others write on this machine as well.
    assert!(before.abs_diff(held.available_before) < wanted / 2);
    assert!(before - available() > wanted / 2, "{before} {}", available());
    assert!(held.available <= held.available_before - wanted / 2);
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0, "it has no name");
    let twice = disk
        .fill("x-1", "data", &id("fill"), FillAmount::Bytes(1))
        .await
        .unwrap_err();
    assert_eq!(twice.class, ErrorClass::Conflict);

    assert!(bounded(disk.release(&id("fill"))).await.unwrap().acted);
    assert!(available() > before - wanted / 2);
    assert!(!disk.release(&id("fill")).await.unwrap().acted);
    assert_eq!(disk.held(&id("fill")).await.unwrap(), None);

    // What is left is given back with the environment.
    disk.fill("x-1", "data", &id("left"), FillAmount::Bytes(wanted))
        .await
        .unwrap();
    world.down().await;
    assert!(available() > before - wanted / 2);
    assert_eq!(disk.held(&id("left")).await.unwrap(), None);
}

#[tokio::test]
async fn what_would_starve_the_journal_is_refused() {
    let world = World::open(&[("x", Binding::new(&["sleep", "1000"]))]).await;
    let disk = world.environment.disk().unwrap();
    for amount in [FillAmount::UsedShare(1.0), FillAmount::Bytes(u64::MAX)] {
        let failure = bounded(disk.fill("x-1", ".", &id("all"), amount))
            .await
            .unwrap_err();
        assert_eq!(failure.class, ErrorClass::Conflict);
        assert!(failure.help.contains("64MiB"), "{}", failure.help);
    }
    let failure = bounded(disk.fill("x-1", "nowhere", &id("x"), FillAmount::Bytes(1)))
        .await
        .unwrap_err();
    assert_eq!(failure.class, ErrorClass::NotFound);
    let failure = bounded(disk.fill("x-2", ".", &id("x"), FillAmount::Bytes(1)))
        .await
        .unwrap_err();
    assert_eq!(failure.class, ErrorClass::NotFound);
    assert_eq!(disk.held(&id("all")).await.unwrap(), None);
}

const SMALL: &str = "HELPER_SMALL_FILE_SYSTEM";

/// In name spaces of its own even an ordinary user can have a small file system.
#[test]
fn another_file_system_may_be_filled_to_the_brim() {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "/bin/sh", "-c", script]);
        command
    };
    let folder = tempfile::tempdir().unwrap();
    let mount = "mount -t tmpfs -o size=8m small \"$HELPER_SMALL_FILE_SYSTEM\"";
    if !unshare(mount)
        .env(SMALL, folder.path())
        .status()
        .is_ok_and(|status| status.success())
    {
        eprintln!("skipped: this machine does not let users have name spaces");
        return;
    }
    let script = format!("{mount} && exec \"$0\" disk::inside --exact --ignored --nocapture");
    let status = unshare(&script)
        .arg(std::env::current_exe().unwrap())
        .env(SMALL, folder.path())
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test]
#[ignore = "run by the test above, inside of its name spaces"]
async fn inside() {
    let Some(small) = std::env::var_os(SMALL).map(PathBuf::from) else {
        return;
    };
    let world = World::open(&[("x", Binding::new(&["sleep", "1000"]))]).await;
    let disk = world.environment.disk().unwrap();
    let path = small.to_str().unwrap();
    let over = bounded(disk.fill("x-1", path, &id("over"), FillAmount::Bytes(9 * MIB)))
        .await
        .unwrap_err();
    assert_eq!(over.class, ErrorClass::NoSpace);
    bounded(disk.fill("x-1", path, &id("all"), FillAmount::UsedShare(1.0)))
        .await
        .unwrap();
    let held = disk.held(&id("all")).await.unwrap().unwrap();
    assert_eq!((held.bytes, held.available), (8 * MIB, 0));
    assert!(std::fs::write(small.join("file"), vec![1; 4096]).is_err());
    assert!(bounded(disk.release(&id("all"))).await.unwrap().acted);
    std::fs::write(small.join("file"), vec![1; 4096]).unwrap();
    // Half of it: 4 MiB less the page of the file.
    bounded(disk.fill("x-1", path, &id("half"), FillAmount::UsedShare(0.5)))
        .await
        .unwrap();
    assert_eq!(disk.held(&id("half")).await.unwrap().unwrap().available, 4 * MIB);
    let full = bounded(disk.fill("x-1", path, &id("less"), FillAmount::UsedShare(0.25)))
        .await
        .unwrap_err();
    assert_eq!(full.class, ErrorClass::Permanent);
}
