import ControllerRuntime
import Hummingbird
import Logging

/// Serves what `answer` says about a path and its `Accept` header; 404 where that is nil.
func endpointServer(
  _ address: ListenAddress, podIP: String?, name: String, logger: Logger,
  answer: @escaping @Sendable (String, String?) -> OperatorEndpoints.Answer?
) -> Application<CallbackResponder<BasicRequestContext>>? {
  guard let port = address.port else { return nil }
  var logger = logger
  logger[metadataKey: "endpoint"] = "\(name)"
  let responder = CallbackResponder<BasicRequestContext> { request, _ in
    guard request.method == .get || request.method == .head,
      let answer = answer(request.uri.path, request.headers[.accept])
    else { return Response(status: .notFound) }
    return Response(
      status: .init(code: answer.status), headers: [.contentType: answer.contentType],
      body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body)))
  }
  return Application(
    responder: responder,
    configuration: .init(address: .hostname(address.host ?? podIP ?? "0.0.0.0", port: port), serverName: nil),
    logger: logger)
}
