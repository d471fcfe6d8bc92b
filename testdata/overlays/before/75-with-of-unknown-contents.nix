with import ./environment.nix;
final: prev: {
  six = prev.six;
}
