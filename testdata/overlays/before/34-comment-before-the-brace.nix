final: prev: {
  a = 1;
  # Nothing below this line.
}
