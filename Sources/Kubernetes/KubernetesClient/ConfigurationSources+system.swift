import Foundation

extension ConfigurationSources {
  /// This process's environment and files.
  public static var system: ConfigurationSources {
    ConfigurationSources(environment: ProcessInfo.processInfo.environment) { path in
      FileManager.default.contents(atPath: path).map { Array($0) }
    }
  }
}
