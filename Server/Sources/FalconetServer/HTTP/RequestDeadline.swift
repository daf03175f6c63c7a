import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes connections whose requests do not arrive in time, with status 408 if something of one came: a client
/// that sends a byte now and then keeps none open.
final class RequestDeadline: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let headTime: TimeAmount
  private let bodyTime: TimeAmount
  private var alarm: Scheduled<Void>?
  private var isAnswering = false
  private let watch = Watch()

  /// - Parameters:
  ///   - headTime: how long a connection may be open without a whole head.
  ///   - bodyTime: how long a body may take.
  init(headTime: TimeAmount, bodyTime: TimeAmount) {
    self.headTime = headTime
    self.bodyTime = bodyTime
  }

  /// Sees the bytes before they are decoded.
  private final class Watch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Whether bytes came after the last request.
    var hasBytes = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      hasBytes = true
      context.fireChannelRead(data)
    }
  }

  func handlerAdded(context: ChannelHandlerContext) {
    try? context.pipeline.syncOperations.addHandler(watch, position: .first)
    if context.channel.isActive { set(headTime, context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    set(headTime, context)
    context.fireChannelActive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { alarm?.cancel() }

  func channelInactive(context: ChannelHandlerContext) {
    alarm?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: set(bodyTime, context)
    case .body: break
    case .end:
      alarm?.cancel()
      isAnswering = true
      watch.hasBytes = false
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) {
      isAnswering = false
      set(headTime, context)
    }
    context.write(data, promise: promise)
  }

  private func set(_ time: TimeAmount, _ context: ChannelHandlerContext) {
    alarm?.cancel()
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    alarm = context.eventLoop.scheduleTask(in: time) {
      let (handler, context) = bound.value
      handler.end(context)
    }
  }

  private func end(_ context: ChannelHandlerContext) {
    guard !isAnswering else { return }
    // A client whose connection is idle could take the response for that to its next request.
    guard watch.hasBytes else { return context.close(promise: nil) }
    let head = HTTPResponse(
      status: .requestTimeout, headerFields: [.connection: "close", .contentLength: "0"])
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.close(promise: nil)
  }
}
