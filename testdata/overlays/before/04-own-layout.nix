# Our overrides.   Don't sort!
final:    prev:
{
      a   =  1 ;   # one

   b=2;


}   # the end
