import FalconetServer

@main
struct Main {
  static func main() async { await ServerCommand.main() }
}
