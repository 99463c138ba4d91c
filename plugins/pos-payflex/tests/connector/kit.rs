//! The promises every connector keeps, on a bank that answers as `kit.json` says. Vakıfbank signs nothing.

use pos_payflex::Payflex;
use vezne_kit::{Answers, Connector, Kit};

#[test]
fn keeps_every_promise() {
    let connector =
        Connector::of::<Payflex>().with_three_d_secure::<Payflex>().with_preauth::<Payflex>().with_history::<Payflex>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers");
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}
