/// How the kubelet asks a container whether it lives or is ready; of the ways to ask exactly one is set.
public struct Probe: Codable, Sendable, Equatable {
  /// Passes on a status of 200 to 399.
  public struct HTTPGet: Codable, Sendable, Equatable {
    public var path: String?
    public var port: IntOrString
    public var host: String?
    public var scheme: String?

    /// - Parameter scheme: `HTTP` or `HTTPS`; nil: the server's default, HTTP.
    public init(path: String, port: IntOrString, scheme: String? = nil) {
      self.path = path
      self.port = port
      self.scheme = scheme
    }
  }

  /// Passes where the port accepts a connection.
  public struct TCPSocket: Codable, Sendable, Equatable {
    public var port: IntOrString
    public var host: String?

    public init(port: IntOrString) { self.port = port }
  }

  /// Passes where the command, run in the container, exits with 0.
  public struct Exec: Codable, Sendable, Equatable {
    public var command: [String]

    public init(command: [String]) { self.command = command }
  }

  public var httpGet: HTTPGet?
  public var tcpSocket: TCPSocket?
  public var exec: Exec?
  public var initialDelaySeconds: Int?
  public var periodSeconds: Int?
  public var timeoutSeconds: Int?
  public var failureThreshold: Int?
  public var successThreshold: Int?

  public init(
    httpGet: HTTPGet? = nil, tcpSocket: TCPSocket? = nil, exec: Exec? = nil, initialDelaySeconds: Int? = nil,
    periodSeconds: Int? = nil, timeoutSeconds: Int? = nil, failureThreshold: Int? = nil
  ) {
    self.httpGet = httpGet
    self.tcpSocket = tcpSocket
    self.exec = exec
    self.initialDelaySeconds = initialDelaySeconds
    self.periodSeconds = periodSeconds
    self.timeoutSeconds = timeoutSeconds
    self.failureThreshold = failureThreshold
  }
}

/// A port by its number or its name.
public enum IntOrString: Codable, Sendable, Hashable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  case int(Int)
  case string(String)

  public init(integerLiteral value: Int) { self = .int(value) }
  public init(stringLiteral value: String) { self = .string(value) }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Int.self) {
      self = .int(value)
    } else {
      self = .string(try container.decode(String.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .int(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    }
  }
}
