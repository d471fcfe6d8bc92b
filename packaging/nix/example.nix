# The README's first example, run by the packaged program.
{ runCommand, cargo-pyhack }:
runCommand "cargo-pyhack-example" { nativeBuildInputs = [ cargo-pyhack ]; } ''
  export HOME=$TMPDIR
  cargo-pyhack nix-snippet --offline ${../../testdata/projects/src-rust} > $out
  grep -q importCargoLock $out
''
