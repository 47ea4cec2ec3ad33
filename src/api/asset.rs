//! The browser app's files, as its build left them: in the program, or in a folder that is read once at the start.

use super::App;
use super::error::{ApiError, ApiResult};
use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, VARY,
};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use std::collections::HashMap;
use std::path::Path;
use std::{fs, io};
use xxhash_rust::xxh3::xxh3_128;

include!(concat!(env!("OUT_DIR"), "/app_files.rs"));

/// The page that every address of the app begins with.
const INDEX: &str = "index.html";
/// Below it every name holds a hash of what is in the file.
const HASHED: &str = "assets/";
const FOREVER: &str = "public, max-age=31536000, immutable";
const ASK_EACH_TIME: &str = "no-cache";
/// What begins so is the server's own, and no address of the app.
const RESERVED: [&str; 5] = ["api", "docs", "health", "metrics", "ws"];
/// Precompressed forms, the best first: the name of the coding and what their files end with.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
const NOT_BUILT: &str = "The browser app is not part of this program: it was compiled before the app was built.\n\
                         Build both with `make build` (or run both with `make run`), which need Node.js 20.19 or newer.\n\
                         Everything else works: the REST API is described at /docs.\n";

/// The app, by the names of its files.
#[derive(Default)]
pub struct Assets(HashMap<String, Asset>);

struct Asset {
    content_type: &'static str,
    plain: Form,
    /// In the order of [`CODINGS`].
    coded: Vec<(&'static str, Form)>,
}

/// A file's bytes in one coding.
struct Form {
    bytes: Bytes,
    /// As it stands in `ETag`, quotes and all.
    tag: String,
}

impl Assets {
    /// Those in the program. A debug build has none, and reads the folder that the app is built into, if it is there.
    pub fn of_program() -> Self {
        if FILES.is_empty() && cfg!(debug_assertions) {
            return Self::of_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist")).unwrap_or_default();
        }
        Self::of_files(FILES.iter().map(|(name, bytes)| ((*name).to_owned(), Bytes::from_static(bytes))).collect())
    }

    /// Those in a folder that an app was built into.
    ///
    /// # Errors
    /// Where it can't be read, or has no page in it.
    pub fn of_folder(folder: &Path) -> io::Result<Self> {
        let mut files = HashMap::new();
        read_into(&mut files, folder, "")?;
        if !files.contains_key(INDEX) {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("no {INDEX} in {}", folder.display())));
        }
        Ok(Self::of_files(files))
    }

    fn of_files(mut files: HashMap<String, Bytes>) -> Self {
        let is_coded = |name: &str| {
            CODINGS.iter().any(|(_, end)| name.strip_suffix(end).is_some_and(|plain| files.contains_key(plain)))
        };
        let names: Vec<String> = files.keys().filter(|name| !is_coded(name)).cloned().collect();
        let mut assets = HashMap::with_capacity(names.len());
        for name in names {
            let coded = CODINGS.iter().filter_map(|(coding, end)| {
                files.remove(&format!("{name}{end}")).map(|bytes| (*coding, Form::new(bytes)))
            });
            let coded = coded.collect();
            if let Some(bytes) = files.remove(&name) {
                let asset = Asset { content_type: content_type(&name), plain: Form::new(bytes), coded };
                assets.insert(name, asset);
            }
        }
        Self(assets)
    }
}

impl Form {
    fn new(bytes: Bytes) -> Self {
        let tag = format!("\"{:032x}\"", xxh3_128(&bytes));
        Self { bytes, tag }
    }
}

impl Asset {
    /// The best form that the client takes, with its coding's name.
    fn form_for(&self, headers: &HeaderMap) -> (Option<&'static str>, &Form) {
        let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let coded = self.coded.iter().find(|(coding, _)| accepts(accepted, coding));
        coded.map_or((None, &self.plain), |(coding, form)| (Some(*coding), form))
    }
}

/// A file of the app, or the app's page for an address within it.   `GET /{path}`
///
/// # Errors
/// `NOT_FOUND` 404 for what only the server could have, and for files that are not there.
pub async fn serve(app: web::Data<App>, request: HttpRequest) -> ApiResult<HttpResponse> {
    let path = request.path().trim_start_matches('/');
    let (first, last) = (path.split('/').next().unwrap_or_default(), path.rsplit('/').next().unwrap_or_default());
    if RESERVED.contains(&first) {
        return Err(ApiError::not_found("the route"));
    }
    let assets = &app.assets.0;
    let (name, asset) = match (assets.get_key_value(path), assets.get_key_value(INDEX)) {
        (Some(found), _) => found,
        // A name with a point in it was meant to be a file.
        _ if path.starts_with(HASHED) || last.contains('.') => return Err(ApiError::not_found("the file")),
        (None, Some(page)) => page,
        (None, None) => {
            let answer = HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body(NOT_BUILT);
            return Ok(answer);
        }
    };
    let (coding, form) = asset.form_for(request.headers());
    let is_known = is_known(request.headers(), &form.tag);
    let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((ETAG, form.tag.as_str()));
    answer.insert_header((CACHE_CONTROL, if name.starts_with(HASHED) { FOREVER } else { ASK_EACH_TIME }));
    answer.append_header((VARY, "Accept-Encoding"));
    if is_known {
        return Ok(answer.finish());
    }
    if let Some(coding) = coding {
        answer.insert_header((CONTENT_ENCODING, coding));
    }
    Ok(answer.insert_header((CONTENT_TYPE, asset.content_type)).body(form.bytes.clone()))
}

/// Whether `If-None-Match` names what would be sent.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let listed =
        headers.get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(','));
    listed.map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// Whether an `Accept-Encoding` lets this coding through: by its name, else by `*`, and not with `q=0`.
fn accepts(accepted: &str, coding: &str) -> bool {
    let weight_of = |wanted: &str| {
        accepted.split(',').find_map(|item| {
            let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = parameters.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok());
            name.trim().eq_ignore_ascii_case(wanted).then(|| weight.unwrap_or(1.0))
        })
    };
    weight_of(coding).or_else(|| weight_of("*")).is_some_and(|weight| weight > 0.0)
}

fn read_into(files: &mut HashMap<String, Bytes>, folder: &Path, prefix: &str) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            read_into(files, &path, &format!("{name}/"))?;
        } else {
            files.insert(name, fs::read(&path)?.into());
        }
    }
    Ok(())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_taken_where_it_is_accepted() {
        for (accepted, br, gzip) in [
            ("", false, false),
            ("gzip, deflate, br, zstd", true, true),
            ("gzip;q=1.0, br;q=0", false, true),
            ("*", true, true),
            ("*;q=0, gzip", false, true),
            ("BR ; q=0.5", true, false),
            ("brotli", false, false),
        ] {
            assert_eq!((accepts(accepted, "br"), accepts(accepted, "gzip")), (br, gzip), "{accepted:?}");
        }
    }
}
