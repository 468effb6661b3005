internal import ClusterState
internal import Crypto
internal import Foundation
internal import KubernetesModel

/// The token by which a pod says as which service account it runs: a JWT (RFC 7519) with the claims of Kubernetes, signed
/// with the cluster's key (HS256). It is good while its pod is there.
struct PodToken: Sendable, Equatable {
  var namespace: String
  var account: String
  /// Empty where there is no such account.
  var accountUID: String
  var pod: String
  var podUID: String
  /// For whom the token is meant; the API server takes those for itself only.
  var audiences: [String]

  /// The API server's own audience, and the issuer of all tokens.
  static let issuer = "https://kubernetes.default.svc.cluster.local"
  private static let header = #"{"alg":"HS256","typ":"JWT"}"#
  private static let longest = 8 << 10

  init(pod: ClusterObject, account: ClusterObject?, audiences: [String] = [PodToken.issuer]) {
    namespace = pod.namespace
    self.account = pod.serviceAccountName
    accountUID = account?.uid ?? ""
    self.pod = pod.name
    podUID = pod.uid
    self.audiences = audiences
  }

  /// nil: the text is no token of this key.
  init?(_ text: String, key: SymmetricKey) {
    guard text.utf8.count <= Self.longest else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == Self.coded(Self.header.utf8), let signature = Self.decoded(parts[2]),
      HMAC<SHA256>.isValidAuthenticationCode(
        signature, authenticating: Data("\(parts[0]).\(parts[1])".utf8), using: key),
      let payload = Self.decoded(parts[1]), let claims = try? JSONValue(parsing: payload),
      let own = claims["kubernetes.io"], let namespace = own["namespace"]?.string,
      let account = own[path: "serviceaccount", "name"]?.string, let pod = own[path: "pod", "name"]?.string,
      let podUID = own[path: "pod", "uid"]?.string
    else { return nil }
    self.namespace = namespace
    self.account = account
    accountUID = own[path: "serviceaccount", "uid"]?.string ?? ""
    self.pod = pod
    self.podUID = podUID
    audiences = (claims["aud"]?.array ?? []).compactMap(\.string)
  }

  /// Equal tokens have equal texts, so a file of it is written once.
  func text(signedWith key: SymmetricKey) -> String {
    let claims: JSONValue = [
      "iss": .string(Self.issuer), "sub": .string(user.name), "aud": .array(audiences.map(JSONValue.string)),
      "kubernetes.io": [
        "namespace": .string(namespace), "pod": ["name": .string(pod), "uid": .string(podUID)],
        "serviceaccount": ["name": .string(account), "uid": .string(accountUID)],
      ],
    ]
    let content = Self.coded(Self.header.utf8) + "." + Self.coded(claims.bytes)
    return content + "." + Self.coded(HMAC<SHA256>.authenticationCode(for: Data(content.utf8), using: key))
  }

  /// As the API server calls it.
  var user: RequestUser {
    RequestUser(
      name: "system:serviceaccount:\(namespace):\(account)", uid: accountUID.isEmpty ? nil : accountUID,
      groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"],
      extra: [
        "authentication.kubernetes.io/pod-name": [pod], "authentication.kubernetes.io/pod-uid": [podUID],
      ])
  }

  /// Base64 for URLs, without padding (RFC 7515, section 2).
  private static func coded(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  private static func decoded(_ text: Substring) -> Data? {
    let standard = text.replacing("-", with: "+").replacing("_", with: "/")
    return Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4))
  }
}

extension ClusterObject {
  /// Of a pod: the service account that it runs as.
  var serviceAccountName: String {
    let name = spec["serviceAccountName"]?.string ?? ""
    return name.isEmpty ? "default" : name
  }
}
