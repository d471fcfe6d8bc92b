{ pkgs, hacks, ... }:
final: prev:
assert pkgs ? openssl;
{
  a = 1;
}
