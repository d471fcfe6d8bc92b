{ pkgs, lib, hacks, ... }:
final: prev: {
  # pyhack: begin other 1.0
  # pyhack: from {"path":"other"}
  # pyhack: made source=1 lock=2 build=3 rules=4 text=5
  other = hacks.importCargoLock { prev = prev.other; };
  # pyhack: end other
}
