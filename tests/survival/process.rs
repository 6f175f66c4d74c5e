//! The real program as a process of its own, over a database that outlives it.

use crate::support::app::{machine_token, security};
use crate::support::database::TestDatabase;
use greenzone::clock::Clock;
use greenzone::domain::account::{Role, Scope};
use greenzone::pack;
use greenzone::service::Caller;
use greenzone::service::audit::verify;
use greenzone::service::writer::WriteRequest;
use greenzone::store::{Address, DbConn};
use serde_json::Value;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often a test kills; `GREENZONE_SURVIVAL_ROUNDS` asks for more.
pub fn rounds(few: u32) -> u32 {
    std::env::var("GREENZONE_SURVIVAL_ROUNDS")
        .map_or(few, |n| n.parse().expect("GREENZONE_SURVIVAL_ROUNDS is a number"))
}

/// Random moments that come again with the same `GREENZONE_SURVIVAL_SEED`.
pub struct Moments(u64);

impl Moments {
    pub fn new() -> Self {
        let seed = std::env::var("GREENZONE_SURVIVAL_SEED").map_or(20_210_709, |n| n.parse().expect("a number"));
        Self(seed)
    }

    /// A time below a limit.
    pub fn below(&mut self, limit: Duration) -> Duration {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        limit.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

/// A database with the bundled campaign in it, and what a process needs to serve it.
pub struct World {
    pub address: Address,
    pub token: String,
    pub folder: tempfile::TempDir,
}

impl World {
    pub fn new(address: Address) -> Self {
        Self::with_pack(address, &pack::bundled()[0].files())
    }

    pub fn with_pack(address: Address, files: &pack::Files) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let service = greenzone::app::open(address.clone(), Clock::System, true, security()).expect("a service");
        let grant = Caller::Operator.may(None).expect("the operator writes");
        let contest = pack::read(files).expect("a pack");
        service.import_pack(&grant, contest, false, WriteRequest::default()).wait().expect("the pack is taken");
        let token = machine_token(&service, Role::Council, Scope::All);
        let world = Self { address, token, folder };
        assert!(world.run(&["keys", "new"]).success());
        world
    }

    /// For one more process over a database that somebody else has filled.
    pub fn beside(address: &Address) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let world = Self { address: address.clone(), token: String::new(), folder };
        assert!(world.run(&["keys", "new"]).success());
        world
    }

    pub fn url(&self) -> String {
        match &self.address {
            Address::Sqlite(path) => format!("sqlite:{}", path.display()),
            Address::Postgres(url) => url.clone(),
        }
    }

    /// The program with arguments, over this database.
    pub fn command(&self, before: &[&str], arguments: &[&str]) -> Command {
        let words: Vec<&str> =
            before.iter().chain(&[env!("CARGO_BIN_EXE_greenzone")]).chain(arguments).copied().collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(self.folder.path()).env("DATABASE_URL", self.url());
        command.env("GREENZONE_SIGNING_KEYS_FILE", self.folder.path().join("keys.pem"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> ExitStatus {
        self.command(&[], arguments).status().expect("the program runs")
    }

    /// Numbers that a query gives, one row of them.
    pub fn numbers(&self, sql: &str) -> Vec<i64> {
        use diesel::RunQueryDsl;
        use diesel::sql_types::BigInt;
        #[derive(diesel::QueryableByName)]
        struct Number {
            #[diesel(sql_type = BigInt)]
            n: i64,
        }
        let rows: Vec<Number> = match &mut self.address.connect().expect("a connection") {
            DbConn::Pg(c) => diesel::sql_query(sql).load(c).expect(sql),
            DbConn::Sqlite(c) => diesel::sql_query(sql).load(c).expect(sql),
        };
        rows.into_iter().map(|row| row.n).collect()
    }

    /// Runs statements past the program.
    pub fn execute(&self, sql: &str) {
        use diesel::connection::SimpleConnection;
        match &mut self.address.connect().expect("a connection") {
            DbConn::Pg(c) => c.batch_execute(sql).expect(sql),
            DbConn::Sqlite(c) => c.batch_execute(sql).expect(sql),
        }
    }

    /// Checks that the log is whole and that revisions have no gaps.
    #[track_caller]
    pub fn is_sound(&self) {
        let report = verify(&mut self.address.connect().expect("a connection"), &[]).expect("readable");
        assert_eq!(report.broken, []);
        let given = self.numbers("SELECT revision AS n FROM revisions ORDER BY revision");
        assert_eq!(given, (1..=given.len() as i64).collect::<Vec<_>>(), "revisions have no gaps");
        assert_eq!(self.numbers("SELECT revision AS n FROM campaigns"), [given.len() as i64]);
        if let Address::Sqlite(path) = &self.address {
            drop(greenzone::store::backup::Backup::open(path).expect("a sound file"));
        }
    }
}

/// The service as a process; killed where it is dropped.
pub struct Served {
    pub child: Child,
    pub base: String,
    pub log: PathBuf,
}

impl Served {
    pub fn start(world: &World) -> Self {
        Self::start_under(world, &[])
    }

    /// Starts one of several, with a log of its own.
    pub fn start_named(world: &World, log: &str) -> Self {
        Self::start_with(world, &[], log)
    }

    /// Starts it by another program, such as strace.
    pub fn start_under(world: &World, before: &[&str]) -> Self {
        Self::start_with(world, before, "log")
    }

    fn start_with(world: &World, before: &[&str], log: &str) -> Self {
        let log = world.folder.path().join(log);
        let arguments = ["serve", "--addr", "127.0.0.1:0", "--metrics-addr", ""];
        let mut command = world.command(before, &arguments);
        let child = command.stderr(File::create(&log).expect("a log")).spawn().expect("the program starts");
        let mut served = Self { child, base: String::new(), log };
        let deadline = Instant::now() + Duration::from_secs(30);
        while served.base.is_empty() {
            assert!(Instant::now() < deadline, "it does not serve: {}", served.said());
            std::thread::sleep(Duration::from_millis(5));
            let said = served.said();
            let address = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let address = address.filter_map(|line| line["address"].as_str().map(str::to_owned)).next();
            served.base = address.map(|address| format!("http://{address}")).unwrap_or_default();
        }
        served
    }

    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ends it as a power cut would end the process.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }

    /// Asks it to end; the status with which it does.
    pub fn terminate(&mut self, limit: Duration) -> ExitStatus {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.expect("kill runs").success());
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().expect("a state") {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end: {}", self.said());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let said = self.said();
            said.lines().filter(|line| line.contains("ERROR")).take(10).for_each(|line| eprintln!("{line}"));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a program is installed.
pub fn is_installed(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|paths| std::env::split_paths(&paths).any(|p: PathBuf| p.join(program).exists()))
}

/// Whether a program is there for a test; without it the test skips loudly, or fails where
/// a variable demands it.
pub fn demand(program: &str, variable: &str) -> bool {
    let is_there = is_installed(program);
    assert!(is_there || std::env::var_os(variable).is_none(), "{program} is required here and there is none");
    if !is_there {
        eprintln!("\n*** SKIPPED: a test that needs {program} ***\n");
    }
    is_there
}

/// A database with its world.
pub struct Place {
    pub world: World,
    _database: TestDatabase,
}

impl Place {
    pub fn on(database: TestDatabase) -> Self {
        Self { world: World::new(database.address.clone()), _database: database }
    }
}
