import ControllerRuntime
import HTTPTypes
import Hummingbird
import Logging

/// What a request for one of the operator's own pages says.
struct EndpointRequest: Sendable {
  var path: String
  var query: String
  var accept: String?
  var authorization: String?
}

/// Serves the answers to GET and HEAD; 404 where there is none.
func endpointServer(
  _ address: ListenAddress, podIP: String?, name: String, logger: Logger,
  answer: @escaping @Sendable (EndpointRequest) async -> OperatorEndpoints.Answer?
) -> Application<CallbackResponder<BasicRequestContext>>? {
  guard let port = address.port else { return nil }
  var logger = logger
  logger[metadataKey: "endpoint"] = "\(name)"
  let responder = CallbackResponder<BasicRequestContext> { request, _ in
    let asked = EndpointRequest(
      path: request.uri.path, query: request.uri.query ?? "", accept: request.headers[.accept],
      authorization: request.headers[.authorization])
    guard request.method == .get || request.method == .head else {
      return Response(status: .methodNotAllowed, headers: [.allow: "GET, HEAD"])
    }
    guard let answer = await answer(asked) else { return Response(status: .notFound) }
    var headers: HTTPFields = [.contentType: answer.contentType]
    if let challenge = answer.challenge { headers[.wwwAuthenticate] = challenge }
    let isWanted = request.method == .get
    return Response(
      status: .init(code: answer.status), headers: headers,
      body: ResponseBody { writer in
        var writer = writer
        if isWanted {
          for part in answer.parts { try await writer.write(ByteBuffer(string: part)) }
        }
        try await writer.finish(nil)
      })
  }
  return Application(
    responder: responder,
    configuration: .init(address: .hostname(address.host ?? podIP ?? "0.0.0.0", port: port), serverName: nil),
    logger: logger)
}
