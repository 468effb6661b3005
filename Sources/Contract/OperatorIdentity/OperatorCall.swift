import Crypto
package import Foundation
import Values

/// One request of the operator to one pod: what its token is good for, and nothing else.
package struct OperatorCall: Sendable, Equatable {
  /// The address of the pod, as its status has it.
  package var address: String
  /// The model whose server is asked: `namespace/name`.
  package var model: String
  package var method: String
  /// The target of the request, with its query.
  package var target: String
  package var body: Data

  package init(address: String, model: String, method: String, target: String, body: Data = Data()) {
    self.address = address
    self.model = model
    self.method = method
    self.target = target
    self.body = body
  }

  /// SHA-256, 64 hexadecimal digits.
  package static func digest(of body: Data) -> String { Figures.hexadecimal(SHA256.hash(data: body)) }
}
