//! The program itself, served by a process of its own.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that runs in a process of its own, until it is dropped.
pub struct Program {
    process: Child,
    pub address: SocketAddr,
}

impl Program {
    /// The program that `GREENZONE_PROGRAM` names, as `target/ordered/greenzone`, which
    /// `deploy/release.sh` makes and the image has.
    pub fn named() -> Option<String> {
        std::env::var("GREENZONE_PROGRAM").ok().filter(|program| !program.is_empty())
    }

    /// Serves a database as the image does, but for the log, which says what goes wrong alone.
    pub fn serve(program: &str, database: &str) -> Self {
        let address = free_address();
        let mut command = Command::new(program);
        command.args(["serve", "--database-url", database, "--addr", &address.to_string()]);
        command.env("GREENZONE_METRICS_ADDR", "").env("RUST_LOG", "warn");
        Self::start(command, address)
    }

    /// Starts a command that will listen at an address, and waits until it does.
    pub fn start(mut command: Command, address: SocketAddr) -> Self {
        command.env("MIMALLOC_PURGE_DELAY", "0").stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().expect("the program");
        let start = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "nothing listens on {address}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { process, address }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An address that nobody listens on now.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address")
}
