//! Sdists of Python locks: fetched by address and hash, verified, kept.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_pyhack::testing::HttpSettings;
use cargo_pyhack::testing::Sha256;
use cargo_pyhack::testing::{Artifact, ArtifactPlace, NamedIndex};
use cargo_pyhack::testing::{ArtifactRef, ArtifactStore, Credentials};
use cargo_pyhack::testing::{IoError, Network};
use data_encoding::BASE64;
use miette::Diagnostic as _;

use crate::support::{End, Registry, Reply, Sandbox, tree};

const SDIST: &[u8] = b"an sdist, as far as its hash goes";
const SECRET: &str = "sesame-open-1234";

fn settings() -> HttpSettings {
    HttpSettings {
        first_pause: Duration::from_millis(10),
        ..HttpSettings::default()
    }
}

fn online() -> Network {
    Network::new(false)
}

fn store(sandbox: &Sandbox, network: Network) -> ArtifactStore {
    ArtifactStore::in_cache(Some(sandbox.path("cache")), network, settings())
}

/// A file at an address, with the hash and size of `SDIST`.
fn at(url: impl Into<String>) -> Artifact {
    Artifact {
        place: ArtifactPlace::Url(url.into()),
        hash: Some(Sha256::of(SDIST)),
        size: Some(SDIST.len() as u64),
    }
}

fn on(registry: &Registry) -> Artifact {
    at(format!("http://{}/files/a-1.0.tar.gz", registry.address()))
}

fn file(store: &ArtifactStore, artifact: &Artifact) -> Result<Utf8PathBuf, IoError> {
    file_of(store, artifact, None)
}

fn file_of(
    store: &ArtifactStore,
    artifact: &Artifact,
    index: Option<&str>,
) -> Result<Utf8PathBuf, IoError> {
    store.file(ArtifactRef {
        artifact,
        label: "a 1.0",
        lock_folder: Utf8Path::new("/nonexistent"),
        index,
    })
}

/// A failure as it is printed; no secret is in it, nor in its fields.
#[track_caller]
fn told(result: Result<Utf8PathBuf, IoError>) -> String {
    let error = result.unwrap_err();
    let [code, help] = [error.code(), error.help()].map(|text| text.unwrap().to_string());
    let text = format!("error: {error}\n  help: {help}\n  code: {code}\n");
    let all = format!("{text}{error:?}");
    assert!(!all.contains(SECRET), "{all}");
    assert!(!all.contains(&BASE64.encode(SECRET.as_bytes())), "{all}");
    text
}

#[track_caller]
fn assert_told(result: Result<Utf8PathBuf, IoError>, code: &str, parts: &[&str]) {
    let told = told(result);
    let code = format!("\n  code: pyhack::{code}\n");
    assert!(told.ends_with(&code), "{told}");
    for part in parts {
        assert!(told.contains(part), "{part} isn't in {told}");
    }
}

#[track_caller]
fn assert_nothing_is_kept(sandbox: &Sandbox) {
    let folder = sandbox.path("cache/sdists-1");
    assert!(!folder.exists() || tree(&folder).is_empty());
}

fn serving() -> Registry {
    let path = "/files/a-1.0.tar.gz".to_owned();
    Registry::serving(BTreeMap::from([(path, SDIST.to_vec())]))
}

/// Gives the file to this name with the password, and to nobody else.
fn private(user: &str) -> Registry {
    let pair = BASE64.encode(format!("{user}:{SECRET}").as_bytes());
    Registry::answering(move |_, asked| {
        let sent = asked.headers.get("authorization");
        Some(match sent == Some(&format!("Basic {pair}")) {
            true => Reply::body(SDIST),
            false => Reply::status("401 Unauthorized"),
        })
    })
}

fn variables(pairs: &[(&str, &str)]) -> Credentials {
    let owned = pairs
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    Credentials::new(owned, None)
}

fn netrc(sandbox: &Sandbox, text: &str) -> Credentials {
    Credentials::new([], Some(sandbox.write("netrc", text)))
}

fn index(name: Option<&str>, url: String) -> [NamedIndex; 1] {
    let name = name.map(str::to_owned);
    [NamedIndex { name, url }]
}

/// How many requests had a login.
fn logins(registry: &Registry) -> usize {
    let asked = registry.asked();
    let has_login = |asked: &&crate::support::Asked| asked.headers.contains_key("authorization");
    asked.iter().filter(has_login).count()
}

#[test]
fn a_file_is_fetched_once() {
    let (sandbox, registry) = (Sandbox::new(), serving());
    let artifact = on(&registry);
    let stores = [(); 2].map(|()| store(&sandbox, online()));
    assert!(!stores[0].has(&artifact));
    std::thread::scope(|scope| {
        for store in stores.iter().cycle().take(8) {
            scope.spawn(|| {
                let path = file(store, &artifact).unwrap();
                assert_eq!(std::fs::read(&path).unwrap(), SDIST);
                assert_eq!(path.file_name(), Some("a-1.0.tar.gz"));
            });
        }
    });
    assert_eq!(registry.requests().len(), 1);
    assert!(tree(&sandbox.path("cache/locks")).is_empty());
    let offline = store(&sandbox, Network::Offline);
    assert!(offline.has(&artifact));
    let sum = Sha256::of(SDIST).to_hex();
    let expected = format!("cache/sdists-1/{}/{sum}/a-1.0.tar.gz", &sum[..2]);
    let path = file(&offline, &artifact).unwrap();
    assert_eq!(path.as_std_path(), sandbox.path(&expected));
}

#[test]
fn a_spoilt_file_of_the_cache_is_fetched_again() {
    let (sandbox, registry) = (Sandbox::new(), serving());
    let artifact = on(&registry);
    let path = file(&store(&sandbox, online()), &artifact).unwrap();
    let mut spoilt = SDIST.to_vec();
    spoilt[0] ^= 1;
    std::fs::write(&path, &spoilt).unwrap();
    let offline = store(&sandbox, Network::Offline);
    assert_told(
        file(&offline, &artifact),
        "artifacts::offline",
        &["a 1.0", "--offline"],
    );
    file(&store(&sandbox, online()), &artifact).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), SDIST);
    assert_eq!(registry.requests().len(), 2);
}

#[test]
fn offline_opens_no_socket() {
    let (sandbox, registry) = (Sandbox::new(), serving());
    let offline = store(&sandbox, Network::Offline);
    assert_told(
        file(&offline, &on(&registry)),
        "artifacts::offline",
        &["`--offline`"],
    );
    assert!(registry.requests().is_empty());
}

#[test]
fn other_bytes_are_neither_used_nor_kept() {
    let (sandbox, registry) = (Sandbox::new(), serving());
    let mut artifact = on(&registry);
    let store = store(&sandbox, online());
    artifact.hash = Some(Sha256::of(b"another"));
    let sums = [Sha256::of(SDIST).to_hex(), Sha256::of(b"another").to_hex()];
    let url = format!("`http://{}/files/a-1.0.tar.gz`", registry.address());
    assert_told(
        file(&store, &artifact),
        "artifacts::checksum",
        &[&sums[0], &sums[1], &url],
    );
    let mut artifact = on(&registry);
    artifact.size = Some(3);
    assert_told(
        file(&store, &artifact),
        "artifacts::size",
        &["has 3 bytes", "the file 33"],
    );
    assert_nothing_is_kept(&sandbox);
    artifact.size = None;
    file(&store, &artifact).unwrap();
}

#[test]
fn what_cant_be_verified_isnt_asked_for() {
    let (sandbox, registry) = (Sandbox::new(), serving());
    let store = store(&sandbox, online());
    let mut artifact = on(&registry);
    artifact.size = Some(1 << 40);
    assert_told(
        file(&store, &artifact),
        "artifacts::too_large",
        &["512 MiB"],
    );
    artifact.hash = None;
    assert_told(
        file(&store, &artifact),
        "artifacts::no_hash",
        &["a-1.0.tar.gz", "uv lock"],
    );
    artifact.place = ArtifactPlace::Nowhere;
    assert_told(file(&store, &artifact), "artifacts::nowhere", &["a 1.0"]);
    assert!(registry.requests().is_empty());
    assert!(!store.has(&artifact));
}

#[test]
fn hostile_names_and_addresses_are_refused() {
    let (sandbox, registry) = (Sandbox::new(), serving());
    let store = store(&sandbox, online());
    for name in [
        "..",
        "..%2F..%2Fa.tar.gz",
        "..%5Ca.tar.gz",
        "a%0A.tar.gz",
        "a%00.tar.gz",
        "%2Ea.tar.gz",
        "a.tar.xz",
        "",
    ] {
        let artifact = at(format!("http://{}/files/{name}", registry.address()));
        assert_told(file(&store, &artifact), "artifacts::name", &["a 1.0"]);
        assert!(!store.has(&artifact));
    }
    for url in [
        format!("ftp://ada:{SECRET}@example.org/a.tar.gz"),
        format!("https://ada:{SECRET}/x@example.org/a.tar.gz"),
        "file://example.org/a.tar.gz".to_owned(),
        "a.tar.gz".to_owned(),
        format!("data:text/plain,{SECRET}@"),
    ] {
        let _ = told(file(&store, &at(&url)));
        assert_told(file(&store, &at(&url)), "artifacts::address", &["a 1.0"]);
    }
    assert!(registry.requests().is_empty());
    assert_nothing_is_kept(&sandbox);
}

#[test]
fn a_cut_file_is_resumed() {
    let sandbox = Sandbox::new();
    let registry = Registry::answering(|_, asked| {
        Some(match asked.before {
            0 => Reply::body(SDIST).cut(10, End::Close),
            _ => Reply::body(SDIST).rest(asked),
        })
    });
    file(&store(&sandbox, online()), &on(&registry)).unwrap();
    assert_eq!(registry.asked()[1].headers["range"], "bytes=10-");
}

#[test]
fn a_file_of_two_files_is_fetched_anew() {
    let sandbox = Sandbox::new();
    let registry = Registry::answering(|_, asked| {
        let old = vec![b'x'; SDIST.len()];
        Some(match asked.before {
            0 => Reply::body(old).cut(10, End::Close),
            _ => Reply::body(SDIST).rest(asked),
        })
    });
    file(&store(&sandbox, online()), &on(&registry)).unwrap();
    assert_eq!(registry.requests().len(), 3);
}

#[test]
fn files_that_are_gone_are_told() {
    let (sandbox, registry) = (Sandbox::new(), serving());
    let artifact = at(format!(
        "http://{}/b.zip?signature={SECRET}",
        registry.address()
    ));
    let result = file(&store(&sandbox, online()), &artifact);
    assert_told(
        result,
        "artifacts::missing",
        &["/b.zip` responded with status 404"],
    );
}

#[test]
fn logins_stand_in_addresses() {
    let (sandbox, registry) = (Sandbox::new(), private("a@da"));
    let address = registry.address();
    let url = format!("http://a%40da:{SECRET}@{address}/a-1.0.tar.gz");
    file(&store(&sandbox, online()), &at(&url)).unwrap();
    assert_eq!(registry.requests(), ["/a-1.0.tar.gz"]);
    let wrong = at(format!("http://eve:{SECRET}@{address}/b.zip"));
    let result = file(&store(&sandbox, online()), &wrong);
    let parts = [
        &format!("`http://{address}/b.zip`"),
        "its URL in the lockfile",
    ];
    assert_told(result, "artifacts::credentials_refused", &parts);
}

#[test]
fn logins_of_indexes_stand_in_variables() {
    let registry = private("ada");
    let url = format!("http://{}/simple/", registry.address());
    let in_address = url.replace("http://", &format!("http://ada:{SECRET}@"));
    let named = [
        ("UV_INDEX_MY_CORP_USERNAME", "ada"),
        ("UV_INDEX_MY_CORP_PASSWORD", SECRET),
    ];
    let in_variable = format!("my-corp={url}");
    for (variables, project) in [
        (&named[..], index(Some("my-corp"), url.clone())),
        (&[][..], index(None, in_address.clone())),
        (
            &[("UV_INDEX_URL", in_address.as_str())][..],
            index(None, url.clone()),
        ),
        (
            &[named[0], named[1], ("UV_INDEX", in_variable.as_str())][..],
            index(None, "./folder".to_owned()),
        ),
    ] {
        let sandbox = Sandbox::new();
        let store = store(&sandbox, online()).with_credentials(self::variables(variables));
        let store = store.with_indexes(&project);
        file_of(&store, &on(&registry), Some(url.trim_end_matches('/'))).unwrap();
    }
    // The index says beforehand who asks for a login.
    assert_eq!(logins(&registry), 4);
    assert_eq!(registry.requests().len(), 4);
}

#[test]
fn the_index_of_the_lock_goes_before_others() {
    let (sandbox, registry) = (Sandbox::new(), private("ada"));
    let url = |user: &str, path: &str| {
        let address = registry.address();
        format!("http://{user}:{SECRET}@{address}/{path}/simple")
    };
    let indexes = [url("eve", "eve"), url("ada", "ada"), url("bob", "files")];
    let indexes = indexes.map(|url| NamedIndex { name: None, url });
    let store = store(&sandbox, online()).with_indexes(&indexes);
    let lock_index = format!("http://{}/ada/simple/", registry.address());
    file_of(&store, &on(&registry), Some(&lock_index)).unwrap();
    // By its beginning, the file is the third's.
    let other = at(format!("http://{}/files/b.zip", registry.address()));
    assert_told(file(&store, &other), "artifacts::credentials_refused", &[]);
    assert_eq!(logins(&registry), 2);
}

#[test]
fn netrc_is_for_who_asks() {
    let (sandbox, registry, open) = (Sandbox::new(), private("ada"), serving());
    let text = format!("machine 127.0.0.1 login ada password {SECRET}\n");
    let store = store(&sandbox, online()).with_credentials(netrc(&sandbox, &text));
    file(&store, &on(&registry)).unwrap();
    assert_eq!((registry.requests().len(), logins(&registry)), (2, 1));
    // A name without a password asks for the password of that name.
    let url = format!("http://ada@{}/b.zip", registry.address());
    file(&store, &at(url)).unwrap();
    assert_eq!((registry.requests().len(), logins(&registry)), (3, 2));
    let url = format!("http://{}/files/a-1.0.tar.gz", open.address());
    std::fs::remove_dir_all(sandbox.path("cache")).unwrap();
    file(&store, &at(url)).unwrap();
    assert_eq!(logins(&open), 0);
}

#[test]
fn who_hides_files_from_strangers_is_asked_again() {
    for status in ["403 Forbidden", "404 Not Found"] {
        let sandbox = Sandbox::new();
        let registry = Registry::answering(move |_, asked| {
            Some(match asked.headers.contains_key("authorization") {
                true => Reply::body(SDIST),
                false => Reply::status(status),
            })
        });
        let store = store(&sandbox, online());
        let store = store.with_credentials(netrc(&sandbox, "default login ada password x"));
        file(&store, &on(&registry)).unwrap();
    }
}

#[test]
fn a_missing_login_is_told() {
    let (sandbox, registry) = (Sandbox::new(), private("ada"));
    let address = registry.address();
    let parts = [
        "(status 401)",
        "machine 127.0.0.1 login NAME",
        "UV_INDEX_NAME_PASSWORD",
    ];
    let result = file(&store(&sandbox, online()), &on(&registry));
    assert_told(result, "artifacts::no_credentials", &parts);
    let corp = index(Some("my.corp"), format!("http://{address}/files/simple"));
    let named = store(&sandbox, online()).with_indexes(&corp);
    let result = file(&named, &on(&registry));
    assert_told(
        result,
        "artifacts::no_credentials",
        &["set `UV_INDEX_MY_CORP_USERNAME`"],
    );
    let broken = netrc(
        &sandbox,
        &format!("machine a\npassword {SECRET}\n{SECRET}\n"),
    );
    let broken = store(&sandbox, online()).with_credentials(broken);
    let result = file(&broken, &on(&registry));
    assert_told(result, "artifacts::no_credentials", &["line 3", "netrc`"]);
    assert_nothing_is_kept(&sandbox);
}

#[test]
fn a_refused_login_is_told() {
    let (sandbox, registry) = (Sandbox::new(), private("ada"));
    let text = format!("machine 127.0.0.1 login eve password {SECRET}\n");
    let store = store(&sandbox, online()).with_credentials(netrc(&sandbox, &text));
    let result = file(&store, &on(&registry));
    assert_told(
        result,
        "artifacts::credentials_refused",
        &["netrc`", "(status 401)"],
    );
}

#[test]
fn a_login_stays_with_its_server() {
    let (sandbox, other) = (Sandbox::new(), serving());
    let address = other.address();
    let registry = Registry::answering(move |_, _| {
        let line = format!("Location: http://{address}/files/a-1.0.tar.gz");
        Some(Reply::status("302 Found").header(line))
    });
    let url = format!("http://ada:{SECRET}@{}/a-1.0.tar.gz", registry.address());
    file(&store(&sandbox, online()), &at(url)).unwrap();
    assert_eq!((logins(&registry), logins(&other)), (1, 0));
    // Nor does an index of one server lend it to another.
    let sandbox = Sandbox::new();
    let corp = format!("http://ada:{SECRET}@{}/", registry.address());
    let store = store(&sandbox, online()).with_indexes(&index(None, corp.clone()));
    file_of(&store, &on(&other), Some(&corp)).unwrap();
    assert_eq!(logins(&other), 0);
}

#[test]
fn files_of_this_disk_are_used_in_place() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("links/a-1.0.tar.gz", SDIST);
    let store = ArtifactStore::in_cache(None, Network::Offline, settings());
    let text = path.to_str().unwrap();
    let by_address = at(format!("file://{text}"));
    assert!(store.has(&by_address));
    assert_eq!(file(&store, &by_address).unwrap(), text);
    let folder = Utf8PathBuf::from_path_buf(sandbox.path("project")).unwrap();
    let get = |path: &str, hash: Option<Sha256>| {
        let artifact = Artifact {
            place: ArtifactPlace::Path(path.into()),
            hash,
            size: None,
        };
        store.file(ArtifactRef {
            artifact: &artifact,
            label: "a 1.0",
            lock_folder: &folder,
            index: None,
        })
    };
    std::fs::create_dir(&folder).unwrap();
    let path = "../links/a-1.0.tar.gz";
    for hash in [None, Some(Sha256::of(SDIST))] {
        let found = get(path, hash).unwrap();
        assert_eq!(std::fs::read(found).unwrap(), SDIST);
    }
    assert_told(
        get(path, Some(Sha256::of(b""))),
        "artifacts::checksum",
        &[path],
    );
    assert_told(get("b.zip", None), "artifacts::missing", &["doesn't exist"]);
    assert_told(get(".", None), "files::no_file", &[]);
    assert_told(get("/dev/zero", None), "files::no_file", &[]);
    let remote = store.file(ArtifactRef {
        artifact: &at("https://example.org/a.zip"),
        label: "a 1.0",
        lock_folder: &folder,
        index: None,
    });
    insta::assert_snapshot!(told(remote), @"
    error: no cache folder found
      help: set `HOME`, or set the variable `CARGO_PYHACK_CACHE_DIR` to a folder
      code: pyhack::artifacts::no_cache
    ");
}

#[test]
fn a_verified_file_isnt_hashed_again() {
    let (sandbox, registry) = (Sandbox::new(), serving());
    let list: PathBuf = sandbox.path("cache/verified-sdists-1");
    let path = file(&store(&sandbox, online()), &on(&registry)).unwrap();
    let old = || file(&store(&sandbox, Network::Offline), &on(&registry)).unwrap();
    old();
    assert!(!list.exists(), "a file that is this new isn't remembered");
    std::thread::sleep(Duration::from_millis(2100));
    old();
    let line = std::fs::read_to_string(list).unwrap();
    assert!(line.starts_with(&Sha256::of(SDIST).to_hex()), "{line}");
    std::fs::write(&path, vec![b'x'; SDIST.len()]).unwrap();
    let changed = file(&store(&sandbox, Network::Offline), &on(&registry));
    assert_told(changed, "artifacts::offline", &[]);
}
