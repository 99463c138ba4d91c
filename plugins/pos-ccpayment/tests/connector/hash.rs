//! `hash_key`, there and back.

use pos_ccpayment::hash::{Sent, over};

use crate::bank::{self, SECRET, encrypted};

#[test]
fn a_hash_key_is_what_the_documentation_makes_of_it() {
    let _host = bank::host();
    for plain in ["10.01|1|TRY|key|01JD8ZK0Q3", "şğı|ü", "x"] {
        let values: Vec<&str> = plain.split('|').collect();
        let ours = over(&values).expect("a hash");
        let ours = String::from_utf8_lossy(ours.revealed()).into_owned();
        let parts: Vec<&str> = ours.split(':').collect();
        assert_eq!((parts.len(), parts[0].len(), parts[1].len()), (3, 16, 4));
        assert_eq!(ours, encrypted(plain, SECRET, parts[0], parts[1]));
        assert!(!ours.contains('/'));
    }
    assert_ne!(over(&["x"]).expect("a hash").revealed(), over(&["x"]).expect("a hash").revealed());
}

/// Made with `openssl enc -aes-256-cbc`, the secret above, vector `661ebbf2acc9d8bc` and salt `0003`.
const OPENSSL: &str = "661ebbf2acc9d8bc:0003:kkt7b5kOK74v__E1AU__xltkrQIT__nlPnoqlzQcnyF0tpNtgMD__+9fMNfZVn7Ef7fu";

#[test]
fn a_program_that_is_not_ours_makes_the_same() {
    let _host = bank::host();
    assert_eq!(encrypted("1|10.01|01JD8ZK0Q3|16118277721618|TRY", SECRET, "661ebbf2acc9d8bc", "0003"), OPENSSL);
    let sent = Sent::read(OPENSSL).expect("a hash");
    let values = ["1", "10.01", "01JD8ZK0Q3", "16118277721618", "TRY"];
    assert!(sent.is_over(&values).expect("compares"));
    for at in 0..values.len() {
        let mut other = values;
        other[at] = "2";
        vezne_plugin::native::next_call();
        assert!(!sent.is_over(&other).expect("compares"), "{at}");
    }
    // A plus sign that became a space in a query.
    assert!(OPENSSL.contains('+'));
    assert!(Sent::read(&OPENSSL.replace('+', " ")).expect("a hash").is_over(&values).expect("compares"));
}

#[test]
fn what_is_no_hash_key_is_not_compared() {
    for bad in ["", ":", "::", "a:b", "661ebbf2acc9d8bc:cb27", "661ebbf2acc9d8b:cb27:x", "661ebbf2acc9d8bc::x"] {
        assert!(Sent::read(bad).is_none(), "{bad}");
    }
    let long = format!("661ebbf2acc9d8bc:cb27:{}", "x".repeat(1_100));
    assert!(Sent::read(&long).is_none() && Sent::read("661ebbf2acc9d8bc:cb27:ş").is_none());
    assert!(Sent::read("661ebbf2acc9d8bc:cb27:a:b").is_none());
}
