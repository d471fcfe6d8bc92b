{ hacks, python }:
final: prev: {
  six = hacks.nixpkgsPrebuilt { from = python.pkgs.six; };
}
