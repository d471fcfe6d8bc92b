# What building, testing and linting need.
{
  mkShell,
  cargo-pyhack,
  cargo-deny,
  clippy,
  git,
  libffi,
  nix,
  openssl,
  pkg-config,
  python3,
  rust-analyzer,
  rustfmt,
  typos,
}:
mkShell {
  inputsFrom = [ cargo-pyhack ];
  packages = [
    cargo-deny
    clippy
    git
    libffi
    nix
    openssl
    pkg-config
    (python3.withPackages (packages: [ packages.pip ]))
    rust-analyzer
    rustfmt
    typos
  ];
}
