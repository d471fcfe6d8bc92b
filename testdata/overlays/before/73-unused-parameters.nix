{
  pkgs,
  lib,
  hacks,
}:
_final: _prev: {
  six = null;
}
