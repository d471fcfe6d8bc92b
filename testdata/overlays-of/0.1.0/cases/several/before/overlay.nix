# Mine.
{ pkgs, lib, hacks }:
final: prev:
{
  other = prev.other.overrideAttrs (_: { x = 1; });

  # pyhack: begin fast-two
  # pyhack: end fast-two
}
