{ pkgs, hacks }:
final: prev: {
  six = python.pkgs.six;
}
