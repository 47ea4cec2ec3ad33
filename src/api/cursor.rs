//! Where a page of a list ended: opaque to clients, and checked when it comes back.

use super::error::{ApiError, ApiResult};
use super::extract::from_text;
use crate::protocol::rest::{PAGE_LIMITS, Page};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What every list takes.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
    /// 1 to 200, 20 if left out.
    #[serde(default, deserialize_with = "from_text")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<i64>,
}

impl PageQuery {
    /// How many items a page has.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` outside the bounds.
    pub fn limit(&self) -> ApiResult<usize> {
        let (least, most, usual) = PAGE_LIMITS;
        bounded_limit(self.limit, least, most, usual)
    }

    /// Where the page begins: the key of the last item of the page before.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` where it is no cursor of this list.
    pub fn after<K: DeserializeOwned>(&self) -> ApiResult<Option<K>> {
        self.cursor.as_deref().map(decode).transpose()
    }
}

/// # Errors
/// `VALIDATION_ERROR` outside the bounds.
pub fn bounded_limit(limit: Option<i64>, least: i64, most: i64, usual: i64) -> ApiResult<usize> {
    let limit = limit.unwrap_or(usual);
    match usize::try_from(limit) {
        Ok(count) if (least..=most).contains(&limit) => Ok(count),
        _ => Err(ApiError::field("limit", format!("must be {least} to {most}, got {limit}"))),
    }
}

/// How many rows to ask for: one more than a page has tells whether there is another.
pub fn with_next(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}

/// Makes a page of rows that were asked for by [`with_next`].
pub fn page<R, T, K: Serialize>(
    mut rows: Vec<R>,
    limit: usize,
    key: impl Fn(&R) -> K,
    item: impl Fn(R) -> T,
) -> Page<T> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| encode(&key(row)));
    Page { items: rows.into_iter().map(item).collect(), next_cursor }
}

pub fn encode<K: Serialize>(key: &K) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

fn decode<K: DeserializeOwned>(text: &str) -> ApiResult<K> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let key = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    key.ok_or_else(|| ApiError::field("cursor", "is no cursor of this list"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::TaskId;
    use uuid::Uuid;

    #[test]
    fn a_page_knows_whether_there_is_another() {
        let rows: Vec<i64> = (1..=4).collect();
        let first = page(rows.clone(), 3, |row| *row, |row| row);
        assert_eq!(first.items, [1, 2, 3]);
        let query = PageQuery { cursor: first.next_cursor, limit: None };
        assert_eq!(query.after::<i64>().unwrap(), Some(3));
        assert_eq!(page(rows, 4, |row| *row, |row| row).next_cursor, None);
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let cursor = Some(encode(&(7_i64, TaskId(Uuid::nil()))));
        let query = PageQuery { cursor, limit: None };
        assert!(query.after::<(i64, TaskId)>().is_ok());
        assert_eq!(query.after::<TaskId>().unwrap_err().code().http_status(), 400);
        for text in ["", "!", "bm9uc2Vuc2U"] {
            let query = PageQuery { cursor: Some(text.into()), limit: None };
            assert!(query.after::<TaskId>().is_err(), "{text}");
        }
    }

    #[test]
    fn limits_are_checked() {
        for (limit, good) in [(None, true), (Some(1), true), (Some(200), true), (Some(0), false), (Some(201), false)] {
            assert_eq!(PageQuery { cursor: None, limit }.limit().is_ok(), good, "{limit:?}");
        }
        assert!(PageQuery { cursor: None, limit: Some(-1) }.limit().is_err());
    }
}
