import Engine
import NIOCore
import WorkerContract

/// What the server has at a path: all that is known of a request before its body is read, and who answers it.
struct Endpoint: Sendable {
  enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"

    /// The methods that a path takes, for `Allow`. Whatever can be read can be asked for its head only.
    var allow: String { self == .get ? "GET, HEAD, OPTIONS" : "POST, OPTIONS" }
  }

  /// Which ports have it, and whether it asks for a token where the port asks for tokens.
  enum Access: Sendable {
    /// On both ports, without a token: probes bring none.
    case probe
    /// On both ports, without a token on the admin port: a scrape brings none.
    case scrape
    /// On both ports, with a token.
    case clients
    /// On the admin port only, with a token.
    case admin
    /// On the admin port only, for the operator alone.
    case `operator`

    func isOffered(by listener: Listener) -> Bool { listener == .admin || self != .admin && self != .operator }

    func isOpen(on listener: Listener) -> Bool {
      switch self {
      case .probe: true
      case .scrape: listener == .admin
      case .clients, .admin, .operator: false
      }
    }
  }

  /// Whose requests and answers it speaks.
  enum Dialect: Sendable {
    case apus
    /// The Open Inference Protocol, version 2.
    case openInference

    /// What a description of an endpoint begins with.
    var prefix: String { self == .openInference ? "Open Inference Protocol: " : "" }
  }

  /// Who answers. None of them throws: what is wrong is an answer too.
  enum Handler: Sendable {
    typealias Compute = @Sendable (ServingEndpoints, Call, ByteBuffer, ServingLane) -> Answer
    typealias Try = @Sendable (ServingEndpoints, Call, ByteBuffer, ServingLane) -> Attempt
    typealias Wait = @Sendable (ServingEndpoints, Call, ByteBuffer) async -> Answer

    /// Without waiting: on the event loop, or in a task where the body is large.
    case computes(Compute)
    /// The same, with another way for large bodies and for whatever takes too long for an event loop: that one shares the work
    /// out among the cores, lets others have their turn, and ends early where the client has gone.
    case computesOrShares(Try, Wait)
    /// By waiting for something, and so always in a task.
    case waits(Wait)
  }

  /// Value of the label `endpoint` of the metrics, and the operation in the OpenAPI document.
  let label: String
  /// `{model}` and `{version}` stand for a name.
  let paths: [String]
  /// Those of `.post` take a body up to the limit of the configuration; what `.get` may bring is not read.
  let method: Method
  let access: Access
  /// What a token has to allow; nil: any will do.
  let right: ServingRight?
  let dialect: Dialect
  /// What the OpenAPI documents of the ports that have it say.
  let description: EndpointDescription
  let handler: Handler

  init(
    _ label: String, _ method: Method, _ paths: String..., access: Access = .clients, right: ServingRight? = nil,
    dialect: Dialect = .apus, description: EndpointDescription, _ handler: Handler
  ) {
    self.label = label
    self.paths = paths
    self.method = method
    self.access = access
    self.right = right
    self.dialect = dialect
    self.description = description
    self.handler = handler
  }
}

/// What an endpoint is told of a request besides its body.
struct Call: Sendable {
  let route: Route
  /// The path and the query as they were sent.
  let target: RequestTarget
  let listener: Listener
  var authority = Authority.granted
  /// The request's `X-Request-Id`.
  var requestID: String?
  var accept: String?
  /// The header that says how many bytes of the body are JSON.
  var jsonLength: String?
  /// Bytes of its body that are held for it; a small body is not counted.
  var held = 0
}

/// Those who answer; one object, so that a request takes one reference and not one to each.
final class ServingEndpoints: Sendable {
  let predictions: PredictionEndpoints
  let information: InformationEndpoints
  let inference: InferenceEndpoints
  let logs: LogsEndpoint
  let lanes: ServingLanes
  /// The ports that ask for a token.
  let protected: Set<Listener>

  init(
    predictions: PredictionEndpoints, information: InformationEndpoints, inference: InferenceEndpoints,
    logs: LogsEndpoint, lanes: ServingLanes, protected: Set<Listener>
  ) {
    self.predictions = predictions
    self.information = information
    self.inference = inference
    self.logs = logs
    self.lanes = lanes
    self.protected = protected
  }
}
