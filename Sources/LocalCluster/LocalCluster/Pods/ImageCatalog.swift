internal import Foundation

/// Which program stands for a container image. There are no images here: `registry/apus-server:0.1.0` is the program
/// `apus-server` beside the running one, and others are mapped by name in the configuration.
package struct ImageCatalog: Sendable {
  package var programFolder: String
  /// Image name → path of a program. A name is a whole image reference, a repository, or a repository's last component.
  package var programs: [String: String]

  package init(programFolder: String, programs: [String: String] = [:]) {
    self.programFolder = programFolder
    self.programs = programs
  }

  /// The program of an image, or nil when none is known.
  func program(for image: String) -> String? {
    let repository = Self.repository(of: image)
    let name = repository.split(separator: "/").last.map(String.init) ?? repository
    for key in [image, repository, name] {
      if let path = programs[key] { return path }
    }
    let path = programFolder + "/" + name
    return !name.isEmpty && FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }

  /// A program that a `command` names as it would be found inside an image.
  func program(named command: String) -> String? {
    let name = command.split(separator: "/").last.map(String.init) ?? command
    let path = programFolder + "/" + name
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }

  /// Without tag and digest; a port of the registry stays.
  static func repository(of image: String) -> String {
    let withoutDigest = image.split(separator: "@", maxSplits: 1).first.map(String.init) ?? image
    guard let colon = withoutDigest.lastIndex(of: ":"), !withoutDigest[colon...].contains("/") else {
      return withoutDigest
    }
    return String(withoutDigest[..<colon])
  }

  func refusal(of image: String) -> String {
    let name = Self.repository(of: image).split(separator: "/").last.map(String.init) ?? image
    return "Failed to pull image \"\(image)\": the local cluster runs programs, not images, and knows none for this "
      + "one; start it with `apus up --images \(name)=/path/to/program` to map it"
  }
}
