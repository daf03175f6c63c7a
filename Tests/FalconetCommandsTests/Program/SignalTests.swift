import FalconetStreams
import Glibc
import Testing

@testable import FalconetCommands

/// The flag is the process's, so each test has a process of its own.
@Suite struct SignalTests {
  @Test func `signals set the flag and wake those who wait, twice too`() async {
    await #expect(processExitsWith: .success) {
      try Interruption.install()
      let cancellation = Interruption.cancellation
      #expect(!Interruption.isRequested && !cancellation.isRequested)
      #expect(cancellation.descriptor >= 0)
      for signal in [SIGINT, SIGTERM, SIGINT] {
        // To this thread, which goes on once the signal has been handled.
        pthread_kill(pthread_self(), signal)
        #expect(Interruption.isRequested && cancellation.isRequested)
        var polled = pollfd(fd: cancellation.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&polled, 1, 0) == 1)
      }
      Interruption.reset()
      #expect(!Interruption.isRequested)
      var polled = pollfd(fd: cancellation.descriptor, events: Int16(POLLIN), revents: 0)
      #expect(poll(&polled, 1, 0) == 0)
    }
  }

  @Test func `many requests never block`() async {
    await #expect(processExitsWith: .success) {
      try Interruption.install()
      for _ in 0..<100_000 { Interruption.request() }
      #expect(Interruption.isRequested)
      Interruption.reset()
      #expect(!Interruption.isRequested)
    }
  }
}
