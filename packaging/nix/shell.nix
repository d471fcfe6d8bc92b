# What building, testing and linting need.
{
  mkShell,
  actionlint,
  cargo-deny,
  cargo-pyhack,
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
  zizmor,
}:
mkShell {
  inputsFrom = [ cargo-pyhack ];
  packages = [
    actionlint
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
    zizmor
  ];
}
