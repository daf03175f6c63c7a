// What newer versions of glibc have and older ones have not, or have under an older version: a release that is
// linked with this object asks for no symbol younger than glibc 2.27. link-root passes --wrap to the linker for each
// function below, which leads calls of it to the one here.

// GCC's C++ library reads it, since glibc 2.32, to leave out atomic instructions while there is one thread.
// Always false is correct, and costs these instructions.
char __libc_single_threaded = 0;

// glibc 2.29 has new versions of these, which no longer set errno by way of matherr(3). The old ones return the same.
#define OLD(function) __asm__(".symver old_" #function ", " #function "@GLIBC_2.2.5");
#define OLD1(function) \
  OLD(function) \
  double old_##function(double); \
  double __wrap_##function(double x) { return old_##function(x); }
#define OLD2(function) \
  OLD(function) \
  double old_##function(double, double); \
  double __wrap_##function(double x, double y) { return old_##function(x, y); }

OLD1(exp)
OLD1(exp2)
OLD1(log)
OLD1(log2)
OLD2(pow)

// glibc 2.28 has a name of its own for the 64-bit one, which is fcntl here. SQLite asks for it.
#define WRAP(function)
WRAP(fcntl64)
int fcntl(int file, int command, ...);
int __wrap_fcntl64(int file, int command, void *argument) { return fcntl(file, command, argument); }
