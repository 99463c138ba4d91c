//! Who acts, in which part of the tree, with which clock.
