"""Feature matrices: computed in a process of their own, stored with checksums, checked by whoever reads them."""
