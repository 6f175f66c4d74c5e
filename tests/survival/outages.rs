//! The database goes away, takes nothing, or its disk is full: writes are refused as
//! promised, reads of what is in memory go on, and the service heals by itself.

use super::clients::{Client, Patience, Slot, acknowledged, slots, write_meanwhile};
use super::process::{Served, World, demand, is_installed, rounds};
use crate::support::database::{Cluster, TestDatabase};
use greenzone::store::{Address, DbConn};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const BOARD: &str = "/api/v1/campaigns/q6-2021/leaderboard?as_of=2021-07-12";

/// Asks until the answer has a status.
#[track_caller]
fn wait_for(client: &Client, url: &str, status: u16) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let heard = client.get(url);
        if heard.as_ref().is_some_and(|(found, kind, _)| {
            assert!(*found < 500 || (*found == 503 && kind == "application/problem+json"), "{heard:?}");
            *found == status
        }) {
            return;
        }
        assert!(Instant::now() < deadline, "{url} says {heard:?} and never {status}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What the clients met: refusals as promised, then acknowledgements again; nothing is lost.
#[track_caller]
fn is_healed(world: &World, served: &Served, slots: &mut [Slot]) {
    assert!(slots.iter().all(|slot| slot.acknowledged > 0), "every client writes again");
    assert!(slots.iter().any(|slot| !slot.refused.is_empty()), "nobody was refused, so nothing was proven");
    assert_eq!(slots.iter().map(|slot| slot.lost).sum::<u32>(), 0, "every request has an answer");
    for slot in slots {
        // whoever was refused asks again, so that nothing is stored twice and nothing unanswered
        slot.check(world, &served.base, 1);
    }
    world.is_sound();
}

#[test]
fn the_service_heals_after_postgres_was_cut_off() {
    let Some(cluster) = Cluster::of_its_own() else { return };
    let world = World::new(cluster.address());
    let served = Served::start(&world);
    let (client, mut slots) = (Client::new(&world.token), slots(8));
    let ready = format!("{}/readyz", served.base);
    wait_for(&client, &format!("{}{BOARD}", served.base), 200);
    for _ in 0..rounds(1) {
        write_meanwhile(&served.base, &world.token, &mut slots, Patience::TryAgain, || {
            std::thread::sleep(Duration::from_millis(300));
            cluster.stop_immediately();
            wait_for(&client, &ready, 503);
            // whoever brings no token is answered from memory
            wait_for(&Client::nobody(), &format!("{}{BOARD}", served.base), 200);
            std::thread::sleep(Duration::from_secs(1));
            cluster.start_again().expect("it comes up");
            wait_for(&client, &ready, 200);
            std::thread::sleep(Duration::from_millis(500));
        });
        is_healed(&world, &served, &mut slots);
    }
}

#[test]
fn a_postgres_that_only_reads_costs_no_more_than_the_writes() {
    let Some(database) = TestDatabase::postgres() else { return };
    let world = World::new(database.address.clone());
    let served = Served::start(&world);
    let (client, mut slots) = (Client::new(&world.token), slots(4));
    let only_read = |state: &str| {
        use diesel::connection::SimpleConnection;
        let DbConn::Pg(mut conn) = world.address.connect().expect("a connection") else { unreachable!() };
        let set = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {state}', \
             current_database()); END $$"
        );
        // the setting is of new sessions
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                   AND pid <> pg_backend_pid()";
        for sql in ["SET default_transaction_read_only = off", &set, end] {
            conn.batch_execute(sql).expect(sql);
        }
    };
    write_meanwhile(&served.base, &world.token, &mut slots, Patience::TryAgain, || {
        std::thread::sleep(Duration::from_millis(200));
        only_read("on");
        std::thread::sleep(Duration::from_millis(500));
        wait_for(&client, &format!("{}{BOARD}", served.base), 200);
        only_read("off");
        std::thread::sleep(Duration::from_millis(500));
    });
    is_healed(&world, &served, &mut slots);
}

/// A small disk; gone after the test.
struct Disk(tempfile::TempDir);

impl Disk {
    /// None where nobody may mount one.
    fn of_megabytes(size: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}m"), "tmpfs"])
            .arg(folder.path())
            .output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes until nothing more fits; the file to remove.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = std::fs::File::create(&path).expect("a file");
        for size in [65_536, 4_096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // even where somebody still has a file open
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[test]
fn a_full_disk_refuses_writes_until_there_is_room() {
    let Some(disk) = Disk::of_megabytes(24) else {
        eprintln!("\n*** SKIPPED: the disk that fills up, since nobody may mount one here ***\n");
        return;
    };
    let world = World::new(Address::Sqlite(disk.path().join("full.db")));
    let served = Served::start(&world);
    let (client, mut slots) = (Client::new(&world.token), slots(9));
    let mut probe = slots.pop().expect("a slot");
    for _ in 0..rounds(3) {
        write_meanwhile(&served.base, &world.token, &mut slots, Patience::TryAgain, || {
            std::thread::sleep(Duration::from_millis(300));
            let filler = disk.fill();
            // the write-ahead log may have room that it took before
            while probe.write(&served.base, &client) {}
            std::thread::sleep(Duration::from_millis(300));
            wait_for(&client, &format!("{}{BOARD}", served.base), 200);
            wait_for(&client, &format!("{}/readyz", served.base), 200);
            std::fs::remove_file(filler).expect("room");
            std::thread::sleep(Duration::from_millis(300));
        });
        is_healed(&world, &served, &mut slots);
        slots.iter_mut().for_each(|slot| slot.refused.clear());
    }
    assert!(!served.said().contains("panicked"), "{}", served.said());
}

/// A limit of a file's size stops SQLite as a failing disk does, and needs no rights.
#[test]
fn a_disk_that_fails_refuses_writes_until_it_works() {
    if !cfg!(target_os = "linux") || !is_installed("prlimit") {
        eprintln!("\n*** SKIPPED: the disk that fails, since there is no prlimit ***\n");
        return;
    }
    let database = TestDatabase::sqlite();
    let world = World::new(database.address.clone());
    // a process that does not ignore the signal would be ended by it
    let served = Served::start_under(&world, &["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    let mut slots = slots(4);
    let limit = |bytes: &str| {
        let set = format!("--fsize={bytes}:unlimited");
        let status = Command::new("prlimit").args(["--pid", &served.child.id().to_string(), &set]).status();
        assert!(status.expect("prlimit runs").success());
    };
    for _ in 0..rounds(2) {
        write_meanwhile(&served.base, &world.token, &mut slots, Patience::TryAgain, || {
            std::thread::sleep(Duration::from_millis(200));
            limit("1");
            std::thread::sleep(Duration::from_millis(500));
            limit("unlimited");
            std::thread::sleep(Duration::from_millis(300));
        });
        is_healed(&world, &served, &mut slots);
    }
    assert!(!served.said().contains("panicked"), "{}", served.said());
}

/// Calls of the system that were done, as strace has written them down.
fn syncs(trace: &Path) -> usize {
    let text = std::fs::read_to_string(trace).unwrap_or_default();
    text.lines().filter(|line| line.contains("sync") && line.trim_end().ends_with("= 0")).count()
}

#[test]
fn what_is_acknowledged_on_sqlite_was_synced_before() {
    if !demand("strace", "GREENZONE_REQUIRE_STRACE") {
        return;
    }
    let database = TestDatabase::sqlite();
    let world = World::new(database.address.clone());
    let trace = world.folder.path().join("trace");
    let file = trace.display().to_string();
    // -D: the service is the child, strace its companion
    let mut served = Served::start_under(&world, &["strace", "-D", "-f", "-e", "trace=fdatasync,fsync", "-o", &file]);
    let mut slots = slots(1);
    let client = Client::new(&world.token);
    for n in 0..20 {
        let before = syncs(&trace);
        assert!(slots[0].write(&served.base, &client), "write {n}");
        assert!(syncs(&trace) > before, "write {n} was acknowledged without a sync");
    }
    assert_eq!(acknowledged(&slots), 20);
    slots[0].check(&world, &served.base, 0);
    assert_eq!(served.terminate(Duration::from_secs(12)).code(), Some(0));
}
