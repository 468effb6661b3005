import KubernetesModel
package import WorkerContract

extension MonitoringPolicySpec.Alerts.Channel {
  package struct Email: AlertChannelSpec {
    package static let field = "email"

    /// `smtp://host:port` or `smtps://host:port`
    package var server: String
    package var security: Security
    package var from: String
    package var to: [String]
    /// Secret with the keys `username` and `password`.
    package var credentialsSecretRef: SecretReference?
    /// Key of a Secret: authorities in PEM that are trusted instead of the system's.
    package var caSecretRef: SecretKeyReference?
    package var subjectPrefix: String
    /// The host name that the operator gives in EHLO; nil: the domain of `from`.
    package var hello: String?

    /// How a connection to `smtp://` is secured. A server that does not offer it gets no mail.
    package enum Security: String, Codable, Sendable, CaseIterable {
      case startTLS = "StartTLS"
      case none = "None"
    }

    /// Where nothing but the server and the addresses is stated.
    package static let standard: Email = schema.standard(
      stating: ["server": "smtp://mail", "from": "apus@mail", "to": ["you@mail"]])

    package init(
      server: String, security: Security = Email.standard.security, from: String, to: [String],
      credentialsSecretRef: SecretReference? = nil, caSecretRef: SecretKeyReference? = nil,
      subjectPrefix: String = Email.standard.subjectPrefix, hello: String? = nil
    ) {
      self.server = server
      self.security = security
      self.from = from
      self.to = to
      self.credentialsSecretRef = credentialsSecretRef
      self.caSecretRef = caSecretRef
      self.subjectPrefix = subjectPrefix
      self.hello = hello
    }

    package static let maximumRecipients = 64

    package static let schema = Schema.object(
      "E-mail, by SMTP.",
      [
        .required(
          "server",
          .string(
            "smtp://host:port or smtps://host:port. The default port is 587 with StartTLS, 465 with smtps://, and 25 without TLS.",
            minimum: 8, maximum: 512, pattern: "^smtps?://.+$", form: "smtp://host:port")),
        .optional(
          "security",
          .enumeration(
            Security.self,
            "TLS for smtp://. StartTLS: a server that does not offer it gets no mail. None: no encryption. smtps:// always uses TLS.",
            default: .startTLS)),
        .required("from", .address),
        .required("to", .list("The recipients.", of: .address, minimum: 1, maximum: maximumRecipients)),
        .optional(
          "credentialsSecretRef", Schema.secret.described("Secret with the keys username and password.").nullable),
        .optional(
          "caSecretRef",
          Schema.secretKey.described(
            "Secret key that holds certificate authorities in PEM, trusted instead of the system's."
          ).nullable),
        .optional("subjectPrefix", .string("Stands before every subject.", maximum: 64, default: "[apus]")),
        .optional(
          "hello",
          .string(
            "The host name that the operator gives in EHLO, for relays that accept registered names only. By default the domain of from.",
            minimum: 1, maximum: 253, pattern: "^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", form: "mail.example.org"
          )),
      ])

    package var isTLSFromTheStart: Bool { server.hasPrefix("smtps://") }

    /// Host and port of the server; nil where `server` names none.
    package var endpoint: (host: String, port: Int)? {
      guard let scheme = server.firstRange(of: "://") else { return nil }
      var authority = server[scheme.upperBound...]
      if authority.hasSuffix("/") { authority.removeLast() }
      var host = authority
      var port = isTLSFromTheStart ? 465 : security == .startTLS ? 587 : 25
      let colon = authority.lastIndex(of: ":").flatMap { authority[$0...].contains("]") ? nil : $0 }
      if let colon {
        guard let number = Int(authority[authority.index(after: colon)...]), (1...65535).contains(number) else {
          return nil
        }
        port = number
        host = authority[..<colon]
      }
      if host.hasPrefix("["), host.hasSuffix("]") {
        host = host.dropFirst().dropLast()
        guard host.allSatisfy({ $0.isASCII && $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
      } else {
        guard host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }) else { return nil }
      }
      return host.isEmpty ? nil : (String(host), port)
    }

    package func problems(at path: String) -> [Problem] {
      var found = uriProblems(server, at: "\(path).server", schemes: ["smtp", "smtps"])
      found += addressProblems(server, at: "\(path).server", weight: .warning)
      if security == .none {
        if isTLSFromTheStart {
          found.append(
            Problem("\(path).security", "smtps:// always uses TLS", mend: "remove security: None, or write smtp://"))
        } else if credentialsSecretRef != nil {
          found.append(
            Problem(
              "\(path).security", "the password would be sent in the clear",
              mend: "write StartTLS, or remove credentialsSecretRef"))
        }
      }
      return found + defects(at: path)
    }

    /// What no mail can be sent with. Releases that sent no mail took it, so it stops the channel, not the policy.
    package func defects(at path: String) -> [Problem] {
      var found: [Problem] = []
      if endpoint == nil {
        found.append(
          Problem(
            "\(path).server", "'\(server)' is not a host and a port", mend: "write it as smtp://mail.example.org:587",
            weight: .warning))
      }
      if let hello, hello.isEmpty || !Self.isMade(hello[...], of: ".-") {
        found.append(
          Problem(
            "\(path).hello", "'\(hello)' is not a host name", mend: "write it as mail.example.org", weight: .warning))
      }
      let addresses = [("\(path).from", from)] + to.enumerated().map { ("\(path).to[\($0.offset)]", $0.element) }
      for (place, address) in addresses where !Self.isAddress(address) {
        found.append(
          Problem(
            place, "'\(address)' is not a valid e-mail address",
            mend: "write it as name@example.org, in ASCII and without a display name", weight: .warning))
      }
      return found
    }

    /// A dot-string at a domain (RFC 5321): nothing that could end a command of SMTP or a header.
    private static func isAddress(_ text: String) -> Bool {
      let parts = text.split(separator: "@", omittingEmptySubsequences: false)
      guard parts.count == 2, text.utf8.count <= 254, !parts[0].isEmpty, !parts[1].isEmpty else { return false }
      return isMade(parts[0], of: "!#$%&'*+/=?^_`{|}~.-") && isMade(parts[1], of: ".-")
    }

    /// Letters and digits of ASCII, and these marks.
    private static func isMade(_ part: Substring, of marks: String) -> Bool {
      part.unicodeScalars.allSatisfy {
        ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
          || marks.unicodeScalars.contains($0)
      }
    }
  }
}

extension Schema {
  fileprivate static let address = Schema.string(
    "A mail address.", minimum: 3, maximum: 320, pattern: "^[^@ ]+@[^@ ]+$", form: "name@host")
}
