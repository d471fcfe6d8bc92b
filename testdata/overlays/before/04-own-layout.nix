# Our overrides.   Don't sort!
{ pkgs, hacks, pyproject-nix, ... }:
final:    prev:
{
      a   =  1 ;   # one

   b=2;


}   # the end
