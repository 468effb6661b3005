package import WorkerContract

/// A kind of channel that takes each alert as one HTTP request with a JSON body: what people write and what is sent stand in
/// one file. `HTTPAlertSender` in `Reconcilers` sends it, and judges an answer by its status.
package protocol HTTPAlertChannelSpec: AlertChannelSpec {
  associatedtype Message: Encodable

  var receiver: AlertReceiver { get }

  /// The Secret key whose line stands in the message; nil: no secret does.
  var messageSecretRef: SecretKeyReference? { get }

  /// The body of the request.
  /// - Parameter secret: the line of `messageSecretRef`; empty where there is none.
  func message(_ alert: Alert, secret: String) -> Message
}

extension HTTPAlertChannelSpec {
  package var messageSecretRef: SecretKeyReference? { nil }

  /// Names of the Secrets that a request needs.
  package var secretNames: [String] {
    var names: [String] = []
    if case .secretURL(let reference) = receiver { names.append(reference.name) }
    if let reference = messageSecretRef, !names.contains(reference.name) { names.append(reference.name) }
    return names
  }
}

/// Where the requests of a channel go.
package enum AlertReceiver: Sendable, Equatable {
  case url(String)
  /// The URL is a secret: whoever has it can send.
  case secretURL(SecretKeyReference)
}
