namespace Nexus.Bench.Routes;

internal static class NginxConfiguration
{
    /// <summary>As one would set nginx up for this API: streams unbuffered, connections kept, bodies in memory.</summary>
    public static string Text(string directory, int port, int upstream) => $$"""
        daemon off;
        worker_processes auto;
        pid {{directory}}/nginx.pid;
        error_log {{directory}}/error.log warn;
        events { worker_connections 8192; }
        http {
          access_log off;
          client_max_body_size 64m;
          client_body_buffer_size 512k;
          client_body_temp_path {{directory}}/body;
          proxy_temp_path {{directory}}/proxy;
          fastcgi_temp_path {{directory}}/fastcgi;
          uwsgi_temp_path {{directory}}/uwsgi;
          scgi_temp_path {{directory}}/scgi;
          keepalive_requests 100000000;
          upstream anthropic {
            server 127.0.0.1:{{upstream}};
            keepalive 1024;
            keepalive_requests 100000000;
          }
          server {
            listen 127.0.0.1:{{port}} backlog=4096;
            location / {
              proxy_pass http://anthropic;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Host $http_host;
              proxy_buffering off;
              proxy_read_timeout 600s;
            }
          }
        }
        """;
}
