//! What is looked at before an answer is read, whatever its form.

use crate::{Fault, HttpResponse};

/// The body of a whole answer: not cut off by the host, and with a status of 2xx or one of `also`, where a bank says
/// something with others too. Anything else (a gateway's page, half an answer) is no answer.
///
/// ```
/// # use vezne_plugin::{HttpResponse, answer};
/// let page = HttpResponse { status: 502, headers: vec![], body: b"<html>".to_vec(), body_truncated: false };
/// assert!(answer::whole(&page, &[]).is_err());
/// ```
pub fn whole<'r>(response: &'r HttpResponse, also: &[u16]) -> Result<&'r [u8], Fault> {
    if response.body_truncated {
        return Err(Fault::UnreadableAnswer("the answer was cut off".into()));
    }
    if !(200..300).contains(&response.status) && !also.contains(&response.status) {
        return Err(Fault::UnreadableAnswer(format!("HTTP status {}", response.status)));
    }
    Ok(&response.body)
}

/// The content type that an answer is sent with, for reading its charset.
pub fn content_type(response: &HttpResponse) -> Option<&str> {
    let header = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    header.map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body_truncated: bool) -> HttpResponse {
        let headers = vec![("X".into(), "y".into()), ("Content-Type".into(), "text/xml".into())];
        HttpResponse { status, headers, body: b"said".to_vec(), body_truncated }
    }

    fn refused(status: u16, cut: bool, also: &[u16]) -> Option<String> {
        match whole(&response(status, cut), also) {
            Ok(body) => {
                assert_eq!(body, b"said");
                None
            }
            Err(Fault::UnreadableAnswer(why)) => Some(why),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn half_an_answer_and_an_error_are_none() {
        assert_eq!([200, 204, 299].map(|status| refused(status, false, &[])), [None, None, None]);
        assert_eq!(refused(400, false, &[400]), None);
        assert_eq!(refused(200, true, &[]).as_deref(), Some("the answer was cut off"));
        assert_eq!(refused(400, true, &[400]).as_deref(), Some("the answer was cut off"));
        for status in [100, 199, 300, 400, 502] {
            assert_eq!(refused(status, false, &[401]), Some(format!("HTTP status {status}")));
        }
    }

    #[test]
    fn the_content_type_is_found_in_any_case() {
        assert_eq!(content_type(&response(200, false)), Some("text/xml"));
        assert_eq!(content_type(&HttpResponse { headers: Vec::new(), ..response(200, false) }), None);
    }
}
