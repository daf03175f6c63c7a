import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers a request about a claim that is known where it arrives: on the thread of its connection, without a
/// wait for another thread. Every other request goes on to the responder.
final class KnownAnswers: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let responder: Responder
  /// Requests that went on and are not answered yet: their answers come first.
  private var inProgress = 0
  /// The answer of the request that arrives, until its end.
  private var answer: [UInt8]?

  init(_ responder: Responder) { self.responder = responder }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      if inProgress == 0, let answer = responder.known(head) {
        self.answer = answer
        return
      }
      inProgress += 1
    case .body: if answer != nil { return }
    case .end:
      guard let answer else { break }
      self.answer = nil
      return send(answer, context)
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { inProgress -= 1 }
    context.write(data, promise: promise)
  }

  private func send(_ answer: [UInt8], _ context: ChannelHandlerContext) {
    var fields = Responder.commonFields
    fields[.contentType] = "application/json"
    fields[.contentLength] = "\(answer.count)"
    let head = HTTPResponse(status: .ok, headerFields: fields)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(
      wrapOutboundOut(.body(context.channel.allocator.buffer(bytes: answer))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}

extension Responder {
  /// The answer to a request about one claim, or the end, if it is known and the client may ask. Nil for every
  /// other request, and for each that has a fault.
  func known(_ head: HTTPRequest) -> [UInt8]? {
    guard head.method == .get, let path = head.path, path.hasPrefix("/v1/games/"),
      head.headerFields[.contentLength] == nil, head.headerFields[.transferEncoding] == nil,
      head.headerFields[.connection] == nil, head.headerFields[.expect] == nil
    else { return nil }
    let halves = path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    if halves.count > 1 {
      guard halves[1].hasPrefix("wait="), let seconds = Int(halves[1].dropFirst(5)), seconds >= 0
      else { return nil }
    }
    let parts = halves[0].dropFirst(10).split(separator: "/", omittingEmptySubsequences: false)
    let question: Question
    if parts.count == 3, parts[1] == "claims", parts[2].utf8.allSatisfy({ 48...57 ~= $0 }),
      let index = UInt64(parts[2])
    {
      question = .claims([index])
    } else if parts.count == 2, parts[1] == "last" {
      question = .last
    } else {
      return nil
    }
    guard (try? check(head)) != nil, let game = try? service.game(String(parts[0])),
      !game.isDeleted, let known = game.knownReply(to: question)
    else { return nil }
    counts.withLock { $0.byStatus[200, default: 0] += 1 }
    if case .array(let answers) = known, answers.count == 1 { return answers[0].bytes }
    return known.bytes
  }
}
