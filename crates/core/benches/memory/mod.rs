//! Memory that a program met before it measures.

/// Whether the allocator keeps what is freed; where it does not, the program is run once more, so
/// that it does, and this run is over. A page touched for the first time costs a microsecond or
/// two on virtual machines, as much as dividing over a hundred claims or a liquidation: with fresh
/// pages the kernel would be measured.
pub fn keeps_memory() -> bool {
    if std::env::var_os("MALLOC_MMAP_MAX_").is_some() {
        return true;
    }
    let myself = std::env::current_exe().expect("a program knows its own path");
    let status = std::process::Command::new(myself)
        .args(std::env::args_os().skip(1))
        .env("MALLOC_MMAP_MAX_", "0")
        .env("MALLOC_TRIM_THRESHOLD_", "1000000000000")
        .env("MALLOC_TOP_PAD_", "67108864")
        .status();
    assert!(status.expect("it can be started again").success());
    false
}
