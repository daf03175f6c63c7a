// C++ without its runtime: namespaces, templates, operators, virtual functions, lambdas.
#include "guest.h"

extern "C" void __cxa_pure_virtual() { panic("a pure virtual function was called"); }

namespace geometry {

template <typename Number>
struct Vector {
  Number x, y;
  __attribute__((noinline)) Vector operator+(const Vector &other) const {
    return {x + other.x, y + other.y};
  }
  template <typename Scale>
  __attribute__((noinline)) Vector scaled(Scale scale) const {
    return {x * static_cast<Number>(scale), y * static_cast<Number>(scale)};
  }
};

class Shape {
 public:
  virtual u64 area() const = 0;
  __attribute__((noinline)) u64 weight(u64 density) const { return area() * density; }
};

namespace {
class Square final : public Shape {
 public:
  explicit Square(Vector<i64> side) : side_(side) {}
  __attribute__((noinline)) u64 area() const override {
    return static_cast<u64>(side_.x * side_.x + side_.y * side_.y);
  }

 private:
  Vector<i64> side_;
};
}  // namespace

template <typename Item, u64 Capacity>
class Stack {
 public:
  __attribute__((noinline)) bool push(const Item &item) {
    if (count_ == Capacity) return false;
    items_[count_++] = item;
    return true;
  }
  template <typename Body>
  __attribute__((noinline)) void each(Body &&body) const {
    for (u64 i = count_; i > 0; i--) body(items_[i - 1]);
  }

 private:
  Item items_[Capacity];
  u64 count_ = 0;
};

template <u64 Count, typename... Shapes>
__attribute__((noinline)) u64 total(const Shapes &...shapes) {
  return (shapes.weight(Count) + ...);
}

}  // namespace geometry

int guest_main(void) {
  using namespace geometry;
  Stack<Vector<i64>, 16> stack;
  for (i64 i = 0; stack.push(Vector<i64>{i, 2 * i}.scaled<unsigned char>(3)); i++) {}
  Vector<i64> sum{0, 0};
  u64 areas = 0;
  stack.each([&](const Vector<i64> &item) {
    sum = sum + item;
    areas += total<2>(Square(item), Square(item.scaled(2L)));
  });
  print(FD_OUT, "sum ");
  print_number(FD_OUT, static_cast<u64>(sum.x));
  print(FD_OUT, ", areas ");
  print_number(FD_OUT, areas);
  print(FD_OUT, "\n");
  return areas == 558000 ? EXIT_VALID : EXIT_INVALID;
}
