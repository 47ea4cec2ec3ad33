//! The house rules that a compiler doesn't know: which room may use which, and what a room must never mention.
//! The table is `ARCHITECTURE.md`, "Rooms".

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A row of the table: the room, the rooms it may use, the words it must never mention.
struct Room {
    name: &'static str,
    uses: &'static [&'static str],
    never: &'static [&'static str],
}

const DRIVERS: &[&str] = &["actix", "actix_web", "actix_http", "actix_web_actors", "redis", "deadpool_redis"];

/// A room that is not there yet costs nothing.
const ROOMS: &[Room] = &[
    Room {
        name: "domain",
        uses: &[],
        never: &[
            "actix",
            "actix_web",
            "tokio",
            "diesel",
            "diesel_async",
            "redis",
            "SystemTime",
            "Instant",
            "rand",
            "async",
            "await",
            "Mutex",
            "RwLock",
            "fs",
            "net",
            "env",
        ],
    },
    Room { name: "protocol", uses: &["domain"], never: &["actix_web", "actix", "diesel", "diesel_async", "redis"] },
    Room { name: "store", uses: &["domain"], never: DRIVERS },
    Room { name: "cluster", uses: &["domain"], never: &["actix", "actix_web_actors", "diesel", "diesel_async"] },
    Room { name: "auth", uses: &["domain", "store"], never: &["diesel", "diesel_async", "actix"] },
    Room {
        name: "live",
        uses: &["domain", "protocol", "store", "cluster"],
        never: &["diesel", "diesel_async", "HttpServer", "ServiceConfig"],
    },
    Room { name: "jobs", uses: &["domain", "store", "cluster", "live"], never: &["diesel", "diesel_async"] },
    Room { name: "demo", uses: &["domain"], never: &["actix", "actix_web", "diesel", "diesel_async", "redis"] },
    Room {
        name: "api",
        uses: &["domain", "protocol", "auth", "store", "live", "demo"],
        never: &["diesel", "diesel_async", "redis", "deadpool_redis"],
    },
];

const LINES_MAX: usize = 700;

#[test]
fn a_room_uses_only_what_lies_below_it() {
    let mut faults = Vec::new();
    for room in ROOMS {
        for file in files_of(room.name) {
            for used in rooms_used(&code_of(&file)) {
                if used != room.name && is_room(&used) && !room.uses.contains(&used.as_str()) {
                    faults.push(format!("{}: {} must not use {used}", file.display(), room.name));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_room_never_mentions_what_is_not_its_business() {
    let mut faults = Vec::new();
    for room in ROOMS {
        for file in files_of(room.name) {
            let code = code_of(&file);
            let words: BTreeSet<_> = words(&code).collect();
            for word in room.never.iter().filter(|word| words.contains(*word)) {
                faults.push(format!("{}: {} must never mention {word}", file.display(), room.name));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn files_are_short_enough_to_read() {
    for folder in ["src", "tests", "load-tests/src"] {
        for file in rust_files(&root().join(folder)) {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            assert!(lines < LINES_MAX, "{}: {lines} lines", file.display());
        }
    }
}

/// The same noun has the same file name in every room, in the singular; and some nouns say nothing.
#[test]
fn a_noun_has_one_name() {
    let mut files = rust_files(&root().join("src"));
    files.retain(|file| !is_test(file.strip_prefix(root()).unwrap()));
    let names: BTreeSet<_> = files.iter().filter_map(|file| file.file_stem()?.to_str()).collect();
    for name in &names {
        // `store/columns.rs` is about the columns of tables; `column.rs` about those of boards.
        assert!(name == &"column" || !names.contains(format!("{name}s").as_str()), "both {name}.rs and {name}s.rs");
        for empty in ["manager", "helper", "helpers", "util", "utils", "misc", "common"] {
            assert_ne!(*name, empty, "a file name that says nothing");
        }
    }
}

/// Only the store's own folders hold SQL migrations, and each has its twin and its way back.
#[test]
fn migrations_come_in_pairs() {
    let names = |engine: &str| -> BTreeSet<String> {
        let folder = root().join("migrations").join(engine);
        let Ok(entries) = fs::read_dir(folder) else { return BTreeSet::new() };
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let (postgres, sqlite) = (names("postgres"), names("sqlite"));
    assert!(!postgres.is_empty(), "no migrations");
    assert_eq!(postgres, sqlite);
    for name in postgres {
        for engine in ["postgres", "sqlite"] {
            for way in ["up.sql", "down.sql"] {
                let file = root().join("migrations").join(engine).join(&name).join(way);
                assert!(file.is_file(), "{} is missing", file.display());
            }
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is_room(name: &str) -> bool {
    ROOMS.iter().any(|room| room.name == name) || name == "app"
}

fn files_of(room: &str) -> Vec<PathBuf> {
    let mut files = rust_files(&root().join("src").join(room));
    files.extend(Some(root().join("src").join(format!("{room}.rs"))).filter(|file| file.is_file()));
    files.retain(|file| !is_test(file.strip_prefix(root()).unwrap()));
    files
}

/// A room's own tests, which may look where the room may not.
fn is_test(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem == "tests") || file.components().any(|part| part.as_os_str() == "tests")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// A file without its comments and without its tests, which stand at its end.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The rooms that a `crate::…` path names, also in a braced list.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => {
                let list = list.split(';').next().unwrap_or_default();
                rooms.extend(words(list).filter(|word| is_room(word)).map(str::to_owned));
            }
            None => rooms.extend(words(rest).next().map(str::to_owned)),
        }
    }
    rooms
}
