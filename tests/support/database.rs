//! A database for each test: a SQLite file, or a database of a throwaway cluster.

use greenzone::store::{Address, DbConn, partitions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A database that is gone after the test.
pub struct TestDatabase {
    pub address: Address,
    /// Holds the file of a SQLite database.
    _folder: Option<tempfile::TempDir>,
    /// Name of a PostgreSQL database.
    name: Option<String>,
}

/// Few, so that the tests' campaigns share some and stand apart in others.
pub const PARTITIONS: u16 = 3;

static NEXT: AtomicU32 = AtomicU32::new(0);

impl TestDatabase {
    /// Itself, for stories that need no service.
    pub fn on(database: Self) -> Self {
        database
    }

    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let address = Address::Sqlite(folder.path().join("test.db"));
        Self { address, _folder: Some(folder), name: None }
    }

    /// None where there is no PostgreSQL.
    pub fn postgres() -> Option<Self> {
        let server = SERVER.as_deref()?;
        let name = format!("gz_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        execute(
            server,
            &format!("CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"),
        );
        Some(Self { address: Address::Postgres(with_name(server, &name)), _folder: None, name: Some(name) })
    }

    /// One of each kind that there is.
    pub fn each() -> impl Iterator<Item = Self> {
        [Some(Self::sqlite()), Self::postgres(), Self::partitioned()].into_iter().flatten()
    }

    /// A PostgreSQL database whose campaigns are spread over [`PARTITIONS`] partitions; none
    /// where there is no PostgreSQL.
    pub fn partitioned() -> Option<Self> {
        let database = Self::postgres()?;
        let mut conn = database.address.connect().expect("a connection");
        partitions::prepare(&mut conn, PARTITIONS).expect("partitions");
        Some(database)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let (Some(name), Some(server)) = (&self.name, SERVER.as_deref()) {
            execute(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn execute(server: &str, sql: &str) {
    use diesel::connection::SimpleConnection;
    let mut conn = Address::Postgres(server.to_owned()).connect().expect("the test server");
    match &mut conn {
        DbConn::Pg(c) => c.batch_execute(sql).expect(sql),
        DbConn::Sqlite(_) => unreachable!("the test server is PostgreSQL"),
    }
}

/// The URL of a server with another database's name.
fn with_name(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, None), |(b, q)| (b, Some(q)));
    let (base, _) = base.rsplit_once('/').expect("a URL with a database");
    query.map_or_else(|| format!("{base}/{name}"), |q| format!("{base}/{name}?{q}"))
}

/// `TEST_DATABASE_URL`, else a cluster of the installed binaries, else none.
static SERVER: LazyLock<Option<String>> = LazyLock::new(|| {
    if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
        return Some(url);
    }
    match Cluster::start("fsync=off") {
        Ok(cluster) => {
            let url = cluster.url.clone();
            // lives as long as the tests; its watchman ends it with them
            std::mem::forget(cluster);
            Some(url)
        }
        Err(why) => {
            let is_needed = std::env::var_os("GREENZONE_REQUIRE_POSTGRES").is_some();
            assert!(!is_needed, "PostgreSQL is required here and there is none: {why}");
            eprintln!("\n*** SKIPPED: every test on PostgreSQL, since there is none: {why} ***\n");
            None
        }
    }
});

/// A PostgreSQL of the tests' own, on a socket in a temporary folder.
pub struct Cluster {
    url: String,
    folder: PathBuf,
    /// How its programs are started: as somebody who is not root.
    prefix: &'static str,
    options: String,
    watchman: Child,
}

impl Cluster {
    /// One that a test may stop; none where there are no binaries.
    pub fn of_its_own() -> Option<Self> {
        match Self::start("fsync=on") {
            Ok(cluster) => Some(cluster),
            Err(why) => {
                let is_needed = std::env::var_os("GREENZONE_REQUIRE_POSTGRES").is_some()
                    && std::env::var_os("TEST_DATABASE_URL").is_none();
                assert!(!is_needed, "a PostgreSQL to stop is required here and there is none: {why}");
                eprintln!("\n*** SKIPPED: a test that stops a PostgreSQL of its own: {why} ***\n");
                None
            }
        }
    }

    fn start(setting: &str) -> Result<Self, String> {
        let binaries = binaries().ok_or("no initdb is installed")?;
        let folder = tempfile::Builder::new().prefix("gzpg").tempdir_in("/tmp").map_err(|e| e.to_string())?.keep();
        let data = folder.join("data");
        let as_root = run("id", &["-u"])?.trim() == "0";
        if as_root {
            // initdb refuses root
            run("chown", &["postgres", &folder.display().to_string()])?;
        }
        let prefix = if as_root { "exec runuser -u postgres -- " } else { "exec " };
        let initdb = format!(
            "{prefix}{} -D {} -U gz --auth=trust --encoding=UTF8 --locale=C --no-sync",
            binaries.join("initdb").display(),
            data.display()
        );
        run("sh", &["-c", &initdb])?;
        let options = format!("-k {} -c listen_addresses= -c {setting} -c max_connections=200", folder.display());
        // the watchman's input closes with the tests' process, however that ends
        let watchman = format!(
            "read -r _; pid=$(head -n 1 {folder}/data/postmaster.pid) && kill -QUIT $pid; \
             while kill -0 $pid; do sleep 0.05; done; rm -rf {folder}",
            folder = folder.display()
        );
        let watchman = Command::new("sh")
            .args(["-c", &watchman])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let watchman = watchman.map_err(|e| e.to_string())?;
        let url = format!("postgres://gz@/postgres?host={}", folder.display());
        let cluster = Self { url, folder, prefix, options, watchman };
        cluster.start_again()?;
        Ok(cluster)
    }

    /// Where its first database is.
    pub fn address(&self) -> Address {
        Address::Postgres(self.url.clone())
    }

    fn control(&self, arguments: &str) -> Result<String, String> {
        let control = binaries().ok_or("no pg_ctl is installed")?.join("pg_ctl");
        let folder = self.folder.display();
        // what the server inherits must not keep the caller waiting for its end
        let command = format!("{}{} -D {folder}/data -w {arguments} >/dev/null 2>&1", self.prefix, control.display());
        run("sh", &["-c", &command]).map_err(|e| {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            format!("pg_ctl {arguments}: {e} {log}")
        })
    }

    /// Stops it as a power cut would: nothing is written out, nobody is told.
    pub fn stop_immediately(&self) {
        self.control("-m immediate stop").expect("it stops");
    }

    /// Starts it, which recovers what was committed.
    ///
    /// # Errors
    /// Where it does not come up.
    pub fn start_again(&self) -> Result<(), String> {
        self.control(&format!("-l {}/log -o '{}' start", self.folder.display(), self.options)).map(drop)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watchman.stdin.take());
        let _ = self.watchman.wait();
    }
}

fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> =
        versions.flatten().map(|v| v.path().join("bin")).filter(|b| b.join("initdb").exists()).collect();
    found.sort();
    found.pop().or_else(|| {
        let paths = std::env::var_os("PATH")?;
        std::env::split_paths(&paths).find(|p: &PathBuf| Path::new(p).join("initdb").exists())
    })
}

fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output().map_err(|e| format!("{program}: {e}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr)))
}
