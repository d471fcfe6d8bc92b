{ pkgs, hacks }:
final: prev: {
  six = prev.six;
  six = null;
}
