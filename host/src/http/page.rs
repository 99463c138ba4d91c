//! Pages of lists: a limit and an opaque cursor that only we can make.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Uri, header};
use serde::{Deserialize, Serialize};
use vezne_api::Page;

use super::error::{Error, Result};
use crate::limits;
use crate::security::cursor::{Fingerprints, Walk};
use crate::store::span::Span;

/// The part of a query that every list reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// 1 to 200 rows; 50 if absent.
    #[serde(default)]
    pub limit: Option<u32>,
    /// From a page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Where in a list to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    list: &'static str,
    rows: u32,
    /// The row to start behind, 26 characters, and which way to walk.
    pub mark: Option<(Walk, String)>,
}

impl Window {
    /// From a query; `list` binds cursors to their list.
    pub fn new(prints: &Fingerprints, list: &'static str, limit: Option<u32>, cursor: Option<&str>) -> Result<Self> {
        let rows = limit.unwrap_or(limits::PAGE_ROWS_DEFAULT);
        if !(1..=limits::PAGE_ROWS_MAX).contains(&rows) {
            return Err(Error::BadRequest("limit_out_of_range"));
        }
        let mark = match cursor {
            Some(cursor) => Some(prints.mark(list, cursor).ok_or(Error::BadRequest("cursor_invalid"))?),
            None => None,
        };
        Ok(Self { list, rows, mark })
    }

    /// How many rows to ask the database for: one more than the page holds tells whether more follow.
    pub fn fetch_limit(&self) -> i64 {
        i64::from(self.rows) + 1
    }

    /// The mark to walk forward from.
    pub fn forward(&self) -> Option<&str> {
        self.mark.as_ref().filter(|(walk, _)| *walk == Walk::Forward).map(|(_, mark)| mark.as_str())
    }

    /// The mark to walk backward from; the rows then come in the opposite order.
    pub fn backward(&self) -> Option<&str> {
        self.mark.as_ref().filter(|(walk, _)| *walk == Walk::Backward).map(|(_, mark)| mark.as_str())
    }

    /// The same for a list that is read newest first.
    pub fn span(&self) -> Span<'_> {
        Span { before: self.forward(), after: self.backward(), limit: self.fetch_limit() }
    }

    /// Makes the page from the rows that were read.
    pub fn page<R, T>(
        &self,
        prints: &Fingerprints,
        mut rows: Vec<R>,
        mark: impl Fn(&R) -> String,
        view: impl Fn(R) -> T,
    ) -> Page<T> {
        let room = usize::try_from(self.rows).unwrap_or(usize::MAX);
        let more = rows.len() > room;
        rows.truncate(room);
        let back = self.backward().is_some();
        if back {
            rows.reverse();
        }
        let (before, after) = if back { (more, true) } else { (self.mark.is_some(), more) };
        let next = rows.last().filter(|_| after).map(|row| prints.cursor(self.list, Walk::Forward, &mark(row)));
        let prev = rows.first().filter(|_| before).map(|row| prints.cursor(self.list, Walk::Backward, &mark(row)));
        Page { data: rows.into_iter().map(view).collect(), has_more: after, next_cursor: next, prev_cursor: prev }
    }
}

/// A page as it is answered: with links to its neighbours that keep what was asked for.
pub struct Listed<T>(pub Page<T>);

impl<T: Serialize> IntoResponse for Listed<T> {
    fn into_response(self) -> Response {
        let neighbours = Neighbours::of(&self.0);
        let mut response = axum::Json(self.0).into_response();
        response.extensions_mut().insert(neighbours);
        response
    }
}

/// Where the pages beside a page begin; travels from the handler to [`link`], which knows what was asked for.
#[derive(Debug, Clone)]
pub struct Neighbours {
    next: Option<String>,
    prev: Option<String>,
}

impl Neighbours {
    /// Of a page.
    pub fn of<T>(page: &Page<T>) -> Self {
        Self { next: page.next_cursor.clone(), prev: page.prev_cursor.clone() }
    }
}

/// Sets the `Link` header of pages (RFC 8288).
pub async fn link(request: Request, next: Next) -> Response {
    let asked = request.uri().clone();
    let mut response = next.run(request).await;
    if let Some(neighbours) = response.extensions_mut().remove::<Neighbours>()
        && let Some(links) = links(&asked, &neighbours)
    {
        response.headers_mut().insert(header::LINK, links);
    }
    response
}

/// The neighbours' addresses: the request's own with another cursor, so that filters and order stay.
fn links(asked: &Uri, neighbours: &Neighbours) -> Option<HeaderValue> {
    let link = |cursor: &Option<String>, rel: &str| {
        let kept = form_urlencoded::parse(asked.query().unwrap_or_default().as_bytes());
        let kept = kept.filter(|(name, value)| name != "cursor" && !value.is_empty());
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .append_pair("cursor", cursor.as_deref()?)
            .finish();
        Some(format!("<{}?{query}>; rel=\"{rel}\"", asked.path()))
    };
    let links: Vec<_> =
        [link(&neighbours.next, "next"), link(&neighbours.prev, "prev")].into_iter().flatten().collect();
    HeaderValue::from_str(&links.join(", ")).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    /// A list of letters, newest first, as a store would read it.
    fn read(window: &Window) -> Vec<String> {
        let all: Vec<String> = ('a'..='g').map(String::from).collect();
        let limit = usize::try_from(window.fetch_limit()).unwrap();
        match &window.mark {
            None => all.into_iter().rev().take(limit).collect(),
            Some((Walk::Forward, mark)) => all.into_iter().rev().filter(|row| row < mark).take(limit).collect(),
            Some((Walk::Backward, mark)) => all.into_iter().filter(|row| row > mark).take(limit).collect(),
        }
    }

    #[test]
    fn walking_forth_and_back_shows_every_row_once() {
        let prints = Fingerprints::new(Zeroizing::new([1; 32]));
        let show = |cursor: Option<&str>| {
            let window = Window::new(&prints, "letters", Some(3), cursor).unwrap();
            window.page(&prints, read(&window), String::clone, |row| row)
        };
        let first = show(None);
        assert_eq!((first.data.concat(), first.has_more, first.prev_cursor.clone()), ("gfe".into(), true, None));
        let second = show(first.next_cursor.as_deref());
        assert_eq!(second.data.concat(), "dcb");
        let third = show(second.next_cursor.as_deref());
        assert_eq!((third.data.concat(), third.has_more), ("a".into(), false));
        let back = show(third.prev_cursor.as_deref());
        assert_eq!(back.data.concat(), "dcb");
        let back = show(back.prev_cursor.as_deref());
        assert_eq!((back.data.concat(), back.prev_cursor), ("gfe".into(), None));
    }

    #[test]
    fn links_keep_what_was_asked_for() {
        let neighbours = Neighbours { next: Some("fAB-_".to_owned()), prev: Some("bCD".to_owned()) };
        let of = |asked: &str| links(&asked.parse().unwrap(), &neighbours).unwrap().to_str().unwrap().to_owned();
        assert_eq!(
            of("/v1/payments?state=declined&created%5Bgte%5D=2026-11-01&q=&cursor=old&q=a%26b"),
            "</v1/payments?state=declined&created%5Bgte%5D=2026-11-01&q=a%26b&cursor=fAB-_>; rel=\"next\", \
             </v1/payments?state=declined&created%5Bgte%5D=2026-11-01&q=a%26b&cursor=bCD>; rel=\"prev\""
        );
        assert_eq!(of("/v1/x").split(',').next(), Some("</v1/x?cursor=fAB-_>; rel=\"next\""));
        assert_eq!(links(&"/v1/x?a=1".parse().unwrap(), &Neighbours { next: None, prev: None }), None);
    }

    #[test]
    fn limits_and_foreign_cursors_are_refused() {
        let prints = Fingerprints::new(Zeroizing::new([1; 32]));
        assert!(Window::new(&prints, "a", Some(0), None).is_err());
        assert!(Window::new(&prints, "a", Some(201), None).is_err());
        let cursor = prints.cursor("b", Walk::Forward, "x");
        assert!(Window::new(&prints, "a", None, Some(&cursor)).is_err());
    }
}
