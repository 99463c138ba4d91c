//! plugins/pos-nestpay
