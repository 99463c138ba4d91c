//! What `wit-bindgen` makes of `wit/`: the records of the contract and the export glue.
//!
//! The same records serve a component and a native test. Only the host's own interfaces differ:
//! in a component they are imports, in a native test the stand-ins of `native`.

#[cfg(target_arch = "wasm32")]
mod generated {
    wit_bindgen::generate!({
        path: ["../../wit/host", "../../wit/types", "../../wit/pos"],
        world: "vezne:pos/pos-connector",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_payments",
        default_bindings_module: "vezne_plugin::bindings",
    });
}

#[cfg(not(target_arch = "wasm32"))]
mod generated {
    wit_bindgen::generate!({
        path: ["../../wit/host", "../../wit/types", "../../wit/pos"],
        world: "vezne:pos/pos-connector",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_payments",
        default_bindings_module: "vezne_plugin::bindings",
        with: {
            "vezne:host/log@1.0.0": crate::native::log,
            "vezne:host/clock@1.0.0": crate::native::clock,
            "vezne:host/entropy@1.0.0": crate::native::entropy,
            "vezne:host/config@1.0.0": crate::native::config,
            "vezne:host/sealed@1.0.0": crate::native::sealed,
            "vezne:host/card@1.0.0": crate::native::card,
        },
    });
}

pub use generated::*;

/// The optional interface `three-d-secure`, in a world of its own so that only a connector that has it exports it.
pub mod three_d_secure {
    wit_bindgen::generate!({
        path: ["../../wit/host", "../../wit/types", "../../wit/pos"],
        world: "vezne:pos/opt-three-d-secure",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_three_d_secure",
        default_bindings_module: "vezne_plugin::bindings::three_d_secure",
        with: {
            "vezne:pos/common@1.0.0": crate::bindings::vezne::pos::common,
            "vezne:types/money@1.0.0": crate::bindings::vezne::types::money,
            "vezne:types/wire@1.0.0": crate::bindings::vezne::types::wire,
            "vezne:types/fault@1.0.0": crate::bindings::vezne::types::fault,
            "vezne:host/sealed@1.0.0": crate::interface::sealed,
            "vezne:host/card@1.0.0": crate::interface::card,
        },
    });
}

/// The optional interface `preauth`.
pub mod preauth {
    wit_bindgen::generate!({
        path: ["../../wit/host", "../../wit/types", "../../wit/pos"],
        world: "vezne:pos/opt-preauth",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_preauth",
        default_bindings_module: "vezne_plugin::bindings::preauth",
        with: {
            "vezne:pos/common@1.0.0": crate::bindings::vezne::pos::common,
            "vezne:types/money@1.0.0": crate::bindings::vezne::types::money,
            "vezne:types/wire@1.0.0": crate::bindings::vezne::types::wire,
            "vezne:types/fault@1.0.0": crate::bindings::vezne::types::fault,
            "vezne:host/sealed@1.0.0": crate::interface::sealed,
            "vezne:host/card@1.0.0": crate::interface::card,
        },
    });
}

/// The optional interface `history`.
pub mod history {
    wit_bindgen::generate!({
        path: ["../../wit/host", "../../wit/types", "../../wit/pos"],
        world: "vezne:pos/opt-history",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_history",
        default_bindings_module: "vezne_plugin::bindings::history",
        with: {
            "vezne:pos/common@1.0.0": crate::bindings::vezne::pos::common,
            "vezne:types/money@1.0.0": crate::bindings::vezne::types::money,
            "vezne:types/wire@1.0.0": crate::bindings::vezne::types::wire,
            "vezne:types/fault@1.0.0": crate::bindings::vezne::types::fault,
            "vezne:host/sealed@1.0.0": crate::interface::sealed,
        },
    });
}

/// The optional interface `points`, of a package of its own.
pub mod points {
    wit_bindgen::generate!({
        path: ["../../wit/host", "../../wit/types", "../../wit/pos", "../../wit/points"],
        world: "vezne:points/opt-points",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_points",
        default_bindings_module: "vezne_plugin::bindings::points",
        with: {
            "vezne:pos/common@1.0.0": crate::bindings::vezne::pos::common,
            "vezne:types/money@1.0.0": crate::bindings::vezne::types::money,
            "vezne:types/wire@1.0.0": crate::bindings::vezne::types::wire,
            "vezne:types/fault@1.0.0": crate::bindings::vezne::types::fault,
            "vezne:host/sealed@1.0.0": crate::interface::sealed,
            "vezne:host/card@1.0.0": crate::interface::card,
        },
    });
}
