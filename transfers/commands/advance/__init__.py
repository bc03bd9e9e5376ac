"""The steps of a transfer, one file each. Every step takes a lease, may be repeated at any time, and writes only while the lease
is ours."""
